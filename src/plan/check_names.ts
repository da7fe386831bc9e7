import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import { GLOBAL_NAMES } from "../expr/mod.ts";
import type { Plan, PlanStep } from "./plan.ts";

/** Names that expressions have of themselves, so that no step may set them. */
export const RESERVED_NAMES: readonly string[] = [
  ...GLOBAL_NAMES,
  "item",
  "index",
  "error",
  "idempotency_key",
];

/** What a service answered, in a `reconcile`. Reserved only in workflows that have one. */
export const ANSWER = "answer";

/** Words that CEL keeps for itself. */
const CEL_RESERVED: ReadonlySet<string> = new Set(
  ("true false null in as break const continue else for function if import let loop package namespace return var void while")
    .split(" "),
);

/** One block around a step, and the part of it that the step is in. */
export interface Enclosure {
  readonly block: PlanStep;
  /** Position of the child, number of the branch, or `error` for a handler's steps. */
  readonly part: number | "error";
}

/** A place where a name is set, or an id is given. */
export interface Declaration {
  readonly name: string;
  readonly step: PlanStep;
  readonly enclosures: readonly Enclosure[];
  /** The text or key that gives the name. */
  readonly place: DocumentPath;
  readonly onKey: boolean;
}

/** Every name and every given id of a plan. */
export interface Declarations {
  readonly names: ReadonlyMap<string, readonly Declaration[]>;
  readonly ids: ReadonlyMap<string, Declaration>;
  /** `as` names of the iterations. */
  readonly iterationNames: readonly Declaration[];
  /** Names that have a meaning in the plan's expressions, so that no step may set them. */
  readonly reserved: readonly string[];
}

/** A step's parts with the steps in them: its children, branch by branch, and its handler. */
export function partsOf(
  step: PlanStep,
): readonly { readonly part: Enclosure["part"]; readonly steps: readonly PlanStep[] }[] {
  const handler = Array.isArray(step.onError)
    ? [{ part: "error" as const, steps: step.onError as readonly PlanStep[] }]
    : [];
  if (step.kind === "switch") return [...step.branches.map(({ steps }, part) => ({ part, steps })), ...handler];
  const children = "steps" in step ? step.steps : [];
  return [...children.map((child, part) => ({ part, steps: [child] })), ...handler];
}

/** Collects what a plan declares. */
export function collectDeclarations(plan: Plan): Declarations {
  const names = new Map<string, Declaration[]>();
  const ids = new Map<string, Declaration>();
  const iterationNames: Declaration[] = [];
  let reserved = RESERVED_NAMES;
  const visit = (step: PlanStep, enclosures: readonly Enclosure[]): void => {
    const declare = (name: string, key: readonly string[], onKey = false): Declaration => ({
      name,
      step,
      enclosures,
      place: [...step.origin, ...key],
      onKey,
    });
    const add = (one: Declaration): unknown => names.get(one.name)?.push(one) ?? names.set(one.name, [one]);
    if (step.output !== undefined) add(declare(step.output, ["output"]));
    if (step.kind === "set") { for (const name of step.names) add(declare(name, ["set", name], true)); }
    if (step.isIdGiven && !ids.has(step.id)) ids.set(step.id, declare(step.id, ["id"]));
    if (step.kind === "foreach" && step.as !== "item") iterationNames.push(declare(step.as, ["as"]));
    if (step.kind === "call" && step.reconcile !== undefined) reserved = [...RESERVED_NAMES, ANSWER];
    for (const { part, steps } of partsOf(step)) {
      for (const child of steps) visit(child, [...enclosures, { block: step, part }]);
    }
  };
  for (const step of [...plan.steps, ...plan.finally]) visit(step, []);
  return { names, ids, iterationNames, reserved };
}

/** Tells whether expressions keep a word for themselves, so that nothing can be called so. */
export function isReservedWord(word: string): boolean {
  return CEL_RESERVED.has(word);
}

/** Checks the names themselves: reserved ones, and names that are set in two places. */
export function checkNames(declarations: Declarations): readonly Issue[] {
  const issues: Issue[] = [];
  const { reserved } = declarations;
  for (const [name, places] of declarations.names) {
    for (const place of places) checkReserved(issues, place, reserved);
    places.forEach((place, index) => {
      const other = places.slice(0, index).find((before) => !areAlternatives(before, place));
      if (other !== undefined) issues.push(setTwice(name, place, other));
    });
  }
  for (const place of declarations.iterationNames) {
    checkReserved(issues, place, reserved);
    const [other] = declarations.names.get(place.name) ?? [];
    if (other !== undefined) issues.push(setTwice(place.name, place, other));
    const outer = place.enclosures.find(({ block }) => block.kind === "foreach" && block.as === place.name);
    if (outer !== undefined) {
      issues.push(
        issue(
          "duplicate_name",
          `"${place.name}" is already the item of the loop around this one`,
          place,
          "give it another name",
        ),
      );
    }
  }
  return issues;
}

function checkReserved(issues: Issue[], place: Declaration, reserved: readonly string[]): void {
  if (reserved.includes(place.name)) {
    issues.push(
      issue(
        "reserved_name",
        `The name "${place.name}" has a meaning in expressions already`,
        place,
        "choose another name",
      ),
    );
  } else if (isReservedWord(place.name)) {
    issues.push(
      issue(
        "reserved_name",
        `"${place.name}" is a reserved word of expressions and cannot be a name`,
        place,
        "choose another name",
      ),
    );
  }
}

function setTwice(name: string, place: Declaration, other: Declaration): Issue {
  const isOwnHandler = place.enclosures.some(({ block, part }) => block === other.step && part === "error");
  const hint = isOwnHandler
    ? `leave it out: the last step of "on_error" gives "${name}" its value already`
    : "only branches of the same switch may set the same name";
  return issue("duplicate_name", `The name "${name}" is set by the step "${other.step.id}" already`, place, hint);
}

function issue(code: string, message: string, place: Declaration, hint: string): Issue {
  return { severity: "error", code, message, hint, path: place.place, onKey: place.onKey };
}

/** Whether two places are in different branches of the same switch. */
function areAlternatives(a: Declaration, b: Declaration): boolean {
  const apart = whereTheyPart(a.enclosures, b.enclosures);
  return apart?.block.kind === "switch" && apart.parts.every((part) => part !== "error");
}

/** The innermost block that two places share, where they are in different parts of it. */
export function whereTheyPart(
  a: readonly Enclosure[],
  b: readonly Enclosure[],
):
  | {
    readonly block: PlanStep;
    readonly parts: readonly [Enclosure["part"], Enclosure["part"]];
    readonly depth: number;
  }
  | undefined {
  for (let depth = 0; depth < Math.min(a.length, b.length); depth++) {
    const [one, other] = [a[depth]!, b[depth]!];
    if (one.block !== other.block) return undefined;
    if (one.part !== other.part) return { block: one.block, parts: [one.part, other.part], depth };
  }
  return undefined;
}
