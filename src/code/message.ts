import type { JsonObject } from "../base/json.ts";
import type { Stored } from "../base/stored.ts";

/** A signal that workflows wait for: its name, and the type of what it brings. Made by `signal`. */
export interface SignalDefinition<Data> {
  /** Tells it from queries and updates. */
  readonly kind: "signal";
  /** What it is sent and received by. */
  readonly name: string;
  /** A JSON Schema: a signal that does not fit is dropped, and the wait goes on. */
  readonly schema?: JsonObject | undefined;
  /** Never there: keeps the types apart. */
  readonly types?: ((data: Data) => Data) | undefined;
}

/** A question that a running workflow answers without being changed. Made by `query`. */
export interface QueryDefinition<Result, Data> {
  /** Tells it from signals and updates. */
  readonly kind: "query";
  /** What it is asked by. */
  readonly name: string;
  /** Never there: keeps the types apart. */
  readonly types?: { readonly takes: (data: Data) => void; readonly gives: Result } | undefined;
}

/** A request that a running workflow deals with and answers. Made by `update`. */
export interface UpdateDefinition<Result, Data> {
  /** Tells it from signals and queries. */
  readonly kind: "update";
  /** What it is sent by. */
  readonly name: string;
  /** Never there: keeps the types apart. */
  readonly types?: { readonly takes: (data: Data) => void; readonly gives: Result } | undefined;
}

/** What goes with a message: nothing where its type is `void`, which is null once it has been kept. */
export type Payload<Data> = [Data] extends [void | null] ? readonly [data?: Data | undefined] : readonly [data: Data];

/**
 * Names a signal and the type of its data, for the workflow that waits for it and for whoever sends it.
 *
 * @example
 * ```ts
 * import { signal } from "maestro";
 *
 * export const approved = signal<{ by: string }>("approved");
 * ```
 */
export function signal<Data = void>(
  name: string,
  options: { readonly schema?: JsonObject | undefined } = {},
): SignalDefinition<[Data] extends [void] ? void : Stored<Data>> {
  return { kind: "signal", name, ...options };
}

/**
 * Names a query with the types of its answer and of what it is given.
 *
 * @example
 * ```ts
 * import { query } from "maestro";
 *
 * export const progress = query<{ done: number; of: number }>("progress");
 * ```
 */
export function query<Result, Data = void>(name: string): QueryDefinition<Stored<Result>, Data> {
  return { kind: "query", name };
}

/**
 * Names an update with the types of its answer and of what it is given.
 *
 * @example
 * ```ts
 * import { update } from "maestro";
 *
 * export const addItem = update<number, { item: string }>("add_item");
 * ```
 */
export function update<Result, Data = void>(name: string): UpdateDefinition<Stored<Result>, Data> {
  return { kind: "update", name };
}
