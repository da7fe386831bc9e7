import type { FunctionSpec } from "./function_spec.ts";
import { CONVERSION_FUNCTIONS } from "./conversion_functions.ts";
import { LIST_FUNCTIONS, LIST_METHODS } from "./list_functions.ts";
import { TEXT_FUNCTIONS, TEXT_METHODS } from "./text_functions.ts";
import { TIME_FUNCTIONS, TIME_METHODS } from "./time_functions.ts";

/** Functions called as `f(x)`, by name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionSpec> = byName([
  ...CONVERSION_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...TIME_FUNCTIONS,
]);

/** Functions called as `x.f(y)`, by name. */
export const METHODS: ReadonlyMap<string, FunctionSpec> = byName([...TEXT_METHODS, ...LIST_METHODS, ...TIME_METHODS]);

function byName(specs: readonly FunctionSpec[]): ReadonlyMap<string, FunctionSpec> {
  return new Map(specs.map((spec) => [spec.name, spec]));
}
