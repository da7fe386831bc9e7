import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import type { JsonObject } from "../base/json.ts";
import { closest } from "../base/text.ts";
import type { SchemaNode } from "./schema_node.ts";
import { kindsWith, STEP_SCHEMAS } from "./schema_step.ts";
import { type KindKey, kindKeys, STEP_KINDS, type StepKind } from "./step_kind.ts";

/** The schema that a step is checked against. */
export interface FoundSchema {
  readonly kind: StepKind;
  readonly schema: SchemaNode;
  /** Keys that decide over other kinds: they have been reported. */
  readonly otherKinds: readonly string[];
}

/** Decides over a step's kind by its keys; none, or several, is an issue. `undefined` where no schema can be told. */
export function findStepSchema(issues: Issue[], step: JsonObject, path: DocumentPath): FoundSchema | undefined {
  const [first, ...others] = kindKeys(step);
  if (first === undefined) {
    reportNoKind(issues, step, path);
    return undefined;
  }
  if (others.length > 0) reportSeveralKinds(issues, [first, ...others], path);
  const kind = STEP_KINDS[first];
  return { kind, schema: STEP_SCHEMAS[kind], otherKinds: others };
}

/**
 * Reports keys that belong to another kind of step, and `depends_on` outside a dag.
 *
 * Gives the step without them, so that they are not reported as unknown too.
 */
export function checkStepKeys(issues: Issue[], step: JsonObject, found: FoundSchema, path: DocumentPath): JsonObject {
  const known = found.schema.properties ?? {};
  const kept = Object.entries(step).filter(([key]) => {
    if (found.otherKinds.includes(key)) return false;
    if (key === "depends_on" && path.at(-2) !== "dag") {
      misplaced(issues, [...path, key], '"depends_on" is for the steps of a dag', 'put the steps in "dag: […]"');
      return false;
    }
    if (Object.hasOwn(known, key)) return true;
    const kinds = kindsWith(key);
    if (kinds.length === 0) return true;
    misplaced(
      issues,
      [...path, key],
      `"${key}" is for ${kindWords(kinds)}, not for ${found.schema.title}`,
      hintFor(key, found.kind),
    );
    return false;
  });
  return Object.fromEntries(kept);
}

function kindWords(kinds: readonly StepKind[]): string {
  const words = kinds.map((kind) => kind === "call" ? "calls" : kind);
  const list = words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
  return list.endsWith("calls") ? list : `${list} steps`;
}

function hintFor(key: string, kind: StepKind): string | undefined {
  if (key === "retry") return "put it in a child workflow, or give each call inside its own retry";
  if (key === "compensate") return "give each call inside its own compensate";
  if (key === "attempt_timeout") return '"timeout" limits the whole step';
  if (key === "steps") return `the steps of a ${kind} step stand under "${kind}"`;
  return undefined;
}

function misplaced(issues: Issue[], path: DocumentPath, message: string, hint: string | undefined): void {
  issues.push({ severity: "error", code: "misplaced_key", message, hint, path, onKey: true });
}

function reportSeveralKinds(issues: Issue[], keys: readonly KindKey[], path: DocumentPath): void {
  issues.push({
    severity: "error",
    code: "several_kinds",
    message: `A step does one thing, but this one has ${keys.map((key) => `"${key}"`).join(" and ")}`,
    hint: "make each a step of its own, one inside the other or one after the other",
    path: [...path, keys[1]!],
    onKey: true,
  });
}

/** A step of no kind: most often its key is misspelt, and then that is all there is to say. */
function reportNoKind(issues: Issue[], step: JsonObject, path: DocumentPath): void {
  for (const key of Object.keys(step)) {
    const meant = closest(key, Object.keys(STEP_KINDS));
    if (meant === undefined || Object.hasOwn(STEP_SCHEMAS.call.properties ?? {}, key)) continue;
    issues.push({
      severity: "error",
      code: "unknown_key",
      message: `The key "${key}" is not known here`,
      hint: `did you mean "${meant}"?`,
      path: [...path, key],
      onKey: true,
    });
    return;
  }
  issues.push({
    severity: "error",
    code: "no_kind",
    message: "This step does nothing: no key says what kind it is",
    hint: `give it one of: ${Object.keys(STEP_KINDS).join(", ")}`,
    path,
  });
}
