import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonValue } from "../base/json.ts";
import { closest } from "../base/text.ts";

/** Gives each step of a document its id: the given one, else the name of its output, else its place. */
export class StepIds {
  readonly #given: ReadonlySet<string>;
  readonly #taken: Set<string>;

  /** `given` are the ids that the document gives, wherever the step stands. */
  constructor(given: ReadonlySet<string>) {
    this.#given = given;
    this.#taken = new Set(given);
  }

  /** The id of a step; `place` is made of positions counted from 1, outermost first. */
  assign(given: string | undefined, output: string | undefined, place: readonly (string | number)[]): string {
    if (given !== undefined && this.#given.has(given)) return given;
    const byPlace = `step_${place.join("_")}`;
    for (const candidate of output === undefined ? [byPlace] : [output, byPlace]) {
      if (this.#take(candidate)) return candidate;
    }
    for (let number = 2;; number++) {
      const candidate = `${byPlace}-${number}`;
      if (this.#take(candidate)) return candidate;
    }
  }

  #take(id: string): boolean {
    if (this.#taken.has(id)) return false;
    this.#taken.add(id);
    return true;
  }
}

/** What a document declares by name, found before anything is compiled. */
export interface Declarations {
  readonly ids: ReadonlySet<string>;
  /** Every `output`, `set` and `as` name. */
  readonly names: ReadonlySet<string>;
  /** Ids that are given twice. */
  readonly issues: readonly Issue[];
}

const TOP_KEYS: readonly string[] = ["steps", "finally"];

const BLOCK_KEYS: readonly string[] = ["steps", "parallel", "dag", "race", "switch", "on_error"];

/** Finds the ids and names that a document declares. */
export function findDeclarations(document: JsonValue): Declarations {
  const ids = new Set<string>();
  const names = new Set<string>();
  const issues: Issue[] = [];
  visitSteps(document, [], (step, path) => {
    const { id, output, as, set } = step;
    if (typeof id === "string") {
      if (ids.has(id)) issues.push(duplicateId(id, path));
      ids.add(id);
    }
    if (typeof output === "string") names.add(output);
    if (typeof as === "string") names.add(as);
    if (isJsonObject(set)) { for (const name of Object.keys(set)) names.add(name); }
  });
  return { ids, names, issues };
}

function duplicateId(id: string, path: DocumentPath): Issue {
  return {
    severity: "error",
    code: "duplicate_id",
    message: `The id "${id}" is given to two steps`,
    hint: "ids are unique in the whole workflow",
    path: [...path, "id"],
  };
}

function visitSteps(
  value: JsonValue,
  path: DocumentPath,
  visit: (step: Readonly<Record<string, JsonValue | undefined>> & StepNames, path: DocumentPath) => void,
): void {
  if (!isJsonObject(value)) return;
  for (const [key, list] of Object.entries(value)) {
    if (!Array.isArray(list) || !holdsSteps(key, path.length === 0)) continue;
    list.forEach((item: JsonValue, index: number) => {
      const itemPath = [...path, key, index];
      if (isJsonObject(item) && key !== "switch") visit(item, itemPath);
      visitSteps(item, itemPath, visit);
    });
  }
}

/** A misspelt block holds steps too: what reads their names is not to be blamed. */
function holdsSteps(key: string, isTop: boolean): boolean {
  const known = isTop ? TOP_KEYS : BLOCK_KEYS;
  return known.includes(key) || closest(key, known) !== undefined;
}

interface StepNames {
  readonly id?: JsonValue | undefined;
  readonly output?: JsonValue | undefined;
  readonly as?: JsonValue | undefined;
  readonly set?: JsonValue | undefined;
}
