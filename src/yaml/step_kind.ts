import type { JsonObject } from "../base/json.ts";

/** Every kind of step with the key that makes it one. `steps` makes a group only where no other key decides. */
export const STEP_KINDS = {
  service: "call",
  parallel: "parallel",
  dag: "dag",
  foreach: "foreach",
  switch: "switch",
  repeat: "repeat",
  race: "race",
  set: "set",
  sleep: "sleep",
  sleep_until: "sleep_until",
  wait_for: "wait_for",
  workflow: "workflow",
  return: "return",
  fail: "fail",
  log: "log",
  steps: "group",
} as const;

/** A key that decides over a step's kind. */
export type KindKey = keyof typeof STEP_KINDS;

/** A kind of step. */
export type StepKind = typeof STEP_KINDS[KindKey];

/** The keys of a step that decide over its kind, in the order of the list above: one, in a step that is right. */
export function kindKeys(step: JsonObject): readonly KindKey[] {
  const found = (Object.keys(STEP_KINDS) as KindKey[]).filter((key) => Object.hasOwn(step, key));
  if (found.length === 0 && Object.hasOwn(step, "method")) return ["service"];
  const others = found.filter((key) => key !== "steps");
  return others.length > 0 ? others : found;
}
