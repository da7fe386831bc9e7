import { MaestroError } from "../../base/errors.ts";
import { isJsonObject } from "../../base/json.ts";
import type { Attributes } from "../../engine/attributes.ts";
import { change, selectOne, type SqlValue, type SqlWork } from "./sql_work.ts";

/** How attributes are kept in the row of their run; null where there are none. */
export function attributesColumn(attributes: Attributes): string | null {
  for (const _name in attributes) return JSON.stringify(attributes);
  return null;
}

/** Reads that column back. */
export function readAttributes(column: SqlValue, runId: string): Attributes {
  if (column === null) return {};
  const attributes = parseJson(String(column));
  if (isJsonObject(attributes)) return attributes as Attributes;
  throw new MaestroError("store_corrupt", `The attributes of run "${runId}" are not what this store keeps`, {
    hint: "the store is damaged, or something else wrote into it: restore a copy",
  });
}

/** What stands for each attribute in the index. No name has a "=", so that no two attributes have the same. */
export function attributeKeys(attributes: Attributes): readonly string[] {
  return Object.entries(attributes).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
}

/** Indexes the attributes of a new run. */
export function* insertAttributes(run: number, keys: readonly string[]): SqlWork<void> {
  for (const key of keys) yield* change("insert into attributes (key, run) values (?, ?)", [key, run]);
}

/** Takes the attributes of a run out of the index. */
export function* deleteAttributes(run: number, keys: readonly string[]): SqlWork<void> {
  for (const key of keys) yield* change("delete from attributes where key = ? and run = ?", [key, run]);
}

/** The attributes of a run as they are in the index. */
export interface IndexedAttributes {
  readonly run: number;
  readonly keys: readonly string[];
}

/** Finds what the index holds of a run; nothing where there is no such run. */
export function* findIndexed(runId: string): SqlWork<IndexedAttributes | undefined> {
  const row = yield* selectOne<{ seq: number; attributes: SqlValue }>("select seq, attributes from runs where id = ?", [
    runId,
  ]);
  return row && { run: row.seq, keys: attributeKeys(readAttributes(row.attributes, runId)) };
}

/** Brings the index from what it holds of a run to what the run has now: what stays as it is costs nothing. */
export function* changeIndexed({ run, keys }: IndexedAttributes, attributes: Attributes): SqlWork<void> {
  const before = new Set(keys);
  const after = new Set(attributeKeys(attributes));
  yield* deleteAttributes(run, keys.filter((key) => !after.has(key)));
  yield* insertAttributes(run, [...after].filter((key) => !before.has(key)));
}

/** What `contains_value` means: whether a lower-case text is part of the value of an attribute, whatever its case. */
export function containsValue(text: SqlValue, column: SqlValue): number {
  if (column === null) return 0;
  const [part, json] = [String(text), String(column)];
  // Most rows are done with here: parsing each would take longer than all the rest of the search.
  if (!json.toLowerCase().includes(part) && !ESCAPED.test(part)) return 0;
  return Object.values(parseJson(json) ?? {}).some((value) => String(value).toLowerCase().includes(part)) ? 1 : 0;
}

/** What JSON may write in another way. */
const ESCAPED = /["\\\p{Cc}\p{Cs}]/u;

/** Brings keys of the index into an order in which those that few runs have come first. */
export function* rarestFirst(keys: readonly string[]): SqlWork<readonly string[]> {
  if (keys.length < 2) return keys;
  const counted: { readonly key: string; readonly count: number }[] = [];
  const sql = "select count(*) as count from (select 1 from attributes where key = ? limit ?)";
  for (const key of keys) {
    const row = yield* selectOne<{ count: number }>(sql, [key, COUNTED]);
    counted.push({ key, count: row!.count });
  }
  return counted.sort((a, b) => a.count - b.count).map(({ key }) => key);
}

/** Runs beyond so many are not counted. */
const COUNTED = 2_000;

function parseJson(text: string): object | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
