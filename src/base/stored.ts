import type { JsonValue } from "./json.ts";

/**
 * What is left of a value when the journal has kept it as JSON: dates become text, functions and `undefined` go.
 *
 * A BigInt, a Map, a Set and a promise are refused.
 *
 * The output of a node reaches later nodes in this form, whether the run was interrupted or not. A member that may be `undefined` stays
 * so, where an item of a list would be null.
 */
export type Stored<T> = unknown extends T ? T
  : [T] extends [JsonValue] ? T
  : T extends string | number | boolean | null ? T
  : T extends undefined | ReturnType<() => void> | symbol | ((...parameters: never[]) => unknown) ? null
  : T extends bigint | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | Promise<unknown> ? never
  : T extends { toJSON(): infer J } ? Stored<J>
  : T extends readonly unknown[] ? { [K in keyof T]: Stored<T[K]> }
  : { [K in keyof T]: undefined extends T[K] ? Stored<Exclude<T[K], undefined>> | undefined : Stored<T[K]> };
