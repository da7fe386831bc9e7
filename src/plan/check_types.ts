import type { Issue } from "../base/diagnostics.ts";
import type { ServiceTypes } from "../engine/message_type.ts";
import type { Plan } from "./plan.ts";

/** Checks the calls of a plan, and what expressions read of their answers, against the messages of their services. */
export function checkTypes(_plan: Plan, _types: ReadonlyMap<string, ServiceTypes>): readonly Issue[] {
  return [];
}
