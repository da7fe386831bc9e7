import type { Issue } from "../base/diagnostics.ts";
import type { Plan } from "./plan.ts";

/** Checks the names that a plan's expressions read. */
export function checkScope(_plan: Plan): readonly Issue[] {
  return [];
}
