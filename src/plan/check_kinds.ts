import { KIND, kindNames, type Kinds } from "../expr/mod.ts";
import { inputKinds } from "./check_input.ts";
import type { Plan } from "./plan.ts";

const { text, number } = KIND;

/** The kinds of what every workflow can read, by path. */
const KINDS: Readonly<Record<string, Kinds>> = {
  timestamp: text,
  execution_time: number,
  index: number,
  idempotency_key: text,
  "run.id": text,
  "run.started_at": text,
  "run.status": text,
  "workflow.name": text,
  "workflow.version": text,
  "error.code": text | KIND.null,
  "error.message": text | KIND.null,
  "error.step": text | KIND.null,
  "error.status": number | KIND.null,
};

/** What is known of a path's kind before anything runs: from the input schema, and of the names that are always there. */
export function knownKinds(
  root: string,
  path: readonly (string | number)[],
  inputSchema: Plan["inputSchema"],
): Kinds | undefined {
  if (root === "input") return inputKinds(inputSchema, path);
  if (root === "env" || root === "secrets") return path.length === 1 ? text | KIND.null : undefined;
  if (root === "steps" && path.length === 2) {
    return path[1] === "status" ? text : path[1] === "attempts" ? number : undefined;
  }
  return KINDS[[root, ...path].join(".")];
}

/** What is wrong with a `foreach` over a value of these kinds; `undefined` where it may be a list. */
export function foreachProblem(kinds: Kinds): string | undefined {
  if ((kinds & (KIND.list | KIND.null)) !== 0) return undefined;
  return `"foreach" goes over a list, but this is ${kindNames(kinds)}`;
}
