import { isJsonObject, type JsonValue } from "../base/json.ts";
import type { RunStatus } from "../engine/run.ts";
import { Fields } from "../yaml/fields.ts";
import type { ExpectedCall } from "./expectations.ts";
import type { Expectation, ExpectedError } from "./test_file.ts";

/** Makes of the `expect` of a sound case what its run is held against. */
export function readExpectation(fields: Fields): Expectation {
  const calls = fields.value("calls");
  const hasEnd = fields.has("status") || fields.has("error");
  return {
    status: fields.text("status") as RunStatus | undefined ?? (hasEnd ? undefined : "completed"),
    output: fields.value("output"),
    error: fields.has("error") ? readError(fields.fields("error")) : undefined,
    calls: Array.isArray(calls) ? readCalls(calls) : undefined,
    callsByName: isJsonObject(calls) ? readCallsByName(calls) : undefined,
    compensated: fields.texts("compensated"),
    skipped: fields.texts("skipped"),
    duration: fields.has("duration") ? readDuration(fields) : undefined,
  };
}

function readError(fields: Fields): ExpectedError {
  return {
    code: fields.text("code"),
    message: fields.text("message"),
    step: fields.text("step"),
    details: fields.value("details"),
  };
}

function readCallsByName(calls: Readonly<Record<string, JsonValue>>): NonNullable<Expectation["callsByName"]> {
  return Object.fromEntries(
    Object.entries(calls).map(([name, wanted]) => [name, Array.isArray(wanted) ? readCalls(wanted) : Number(wanted)]),
  );
}

function readCalls(calls: readonly JsonValue[]): readonly ExpectedCall[] {
  return calls.map((one) => {
    const { compensation: isCompensation, ...call } = new Fields(one, []).map as Record<string, JsonValue>;
    return (isCompensation === undefined ? call : { ...call, isCompensation }) as ExpectedCall;
  });
}

function readDuration(fields: Fields): NonNullable<Expectation["duration"]> {
  const exact = fields.duration("duration");
  if (exact !== undefined) return { atLeastMs: exact, atMostMs: exact };
  const bounds = fields.fields("duration");
  return { atLeastMs: bounds.duration("at_least") ?? 0, atMostMs: bounds.duration("at_most") ?? Infinity };
}
