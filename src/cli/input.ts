import { MaestroError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, jsonTypeName, type JsonValue } from "../base/json.ts";
import type { Cli } from "./cli.ts";
import { parseJsonText, parseLoosely } from "./json_text.ts";
import { fileError } from "./report_error.ts";

/**
 * Puts the run's input together from `--input` (JSON, `@file`, `-`) and `--set` (which wins).
 *
 * @throws MaestroError `invalid_input`, `file_not_readable`, or `usage` for a malformed `--set`.
 */
export async function readInput(
  cli: Cli,
  input: string | undefined,
  assignments: readonly string[],
): Promise<JsonObject> {
  const value = input === undefined ? {} : await readJsonValue(cli, "--input", input);
  if (!isJsonObject(value)) {
    throw new MaestroError("invalid_input", `The input must be an object, but is a ${jsonTypeName(value)}`, {
      hint: `put it in one, as in --input '{"value": …}'`,
    });
  }
  return assignments.reduce(assign, value);
}

/**
 * Reads the JSON that a flag gives: as it is, from `@file`, or from standard input for `-`.
 *
 * @throws MaestroError `invalid_input`, `file_not_readable`.
 */
export async function readJsonValue(cli: Cli, flag: string, input: string): Promise<JsonValue> {
  if (input === "-") return parseJsonText(await cli.host.stdin.readText(), "Standard input");
  if (!input.startsWith("@")) return parseJsonText(input, flag);
  const path = input.slice(1);
  const text = await cli.host.files.readText(path).catch((error) => {
    throw fileError("the input", path, error);
  });
  return parseJsonText(text.replace(/^\uFEFF/, ""), path);
}

/** Applies one `a.b=1`: the value is JSON if it parses, else text; a whole number as a part of the key goes into a list where there is one. */
function assign(input: JsonObject, assignment: string): JsonObject {
  const split = assignment.indexOf("=");
  const keys = split === -1 ? [] : assignment.slice(0, split).split(".");
  if (keys.length === 0 || keys.includes("")) {
    throw new MaestroError("usage", `--set ${JSON.stringify(assignment)} must have the form key=value`, {
      hint: "nested keys are joined by dots: --set user.name=Ada",
    });
  }
  return setAt(input, keys, parseLoosely(assignment.slice(split + 1)), keys.join(".")) as JsonObject;
}

function setAt(target: JsonValue | undefined, keys: readonly string[], value: JsonValue, whole: string): JsonValue {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(target)) {
    const index = /^\d+$/.test(key) ? Number(key) : -1;
    if (index < 0 || index > target.length) {
      throw new MaestroError("usage", `--set ${whole}: "${key}" is no place in a list of ${target.length}`);
    }
    return index === target.length
      ? [...target, setAt(undefined, rest, value, whole)]
      : target.with(index, setAt(target[index], rest, value, whole));
  }
  const members = isJsonObject(target) ? target : {};
  const nested = setAt(Object.hasOwn(members, key) ? members[key] : undefined, rest, value, whole);
  return Object.fromEntries([...Object.entries(members), [key, nested]]);
}
