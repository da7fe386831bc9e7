import type { Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import type { FailureClass } from "../engine/service.ts";
import { Fields } from "../yaml/fields.ts";
import { delayed, fails, type Mock, type Mocks, never, sample, sequence } from "./mock.ts";

/** The parts of a mock that answer; one is enough. */
const ANSWERS = ["returns", "never", "sample", "sequence"];

/** Makes the mocks that a sound test file describes. */
export function readMocks(fields: Fields): Mocks {
  return Object.fromEntries(Object.keys(fields.map).map((name) => [name, readMock(fields.fields(name))]));
}

function readMock(fields: Fields): Mock {
  const delay = fields.duration("delay");
  const mock = readUndelayed(fields);
  return delay === undefined ? mock : delayed(delay, mock);
}

function readUndelayed(fields: Fields): Mock {
  if (!fields.has("fails")) return readAnswer(fields);
  const failing = fields.fields("fails");
  const failure = readFailure(failing);
  const times = failing.number("times");
  return times === undefined ? failure : sequence([...Array<Mock>(times).fill(failure), readAnswer(fields)]);
}

function readAnswer(fields: Fields): Mock {
  if (fields.has("never")) return never();
  if (fields.has("sequence")) return sequence(fields.list("sequence")!.map((one) => readMock(new Fields(one, []))));
  const schema = fields.value("sample");
  if (schema !== undefined) return sample(isJsonObject(schema) ? schema as JsonObject : undefined);
  return fields.value("returns") ?? null;
}

function readFailure(fields: Fields): Mock {
  return fails({
    code: fields.text("code")!,
    message: fields.text("message"),
    details: fields.value("details") as JsonValue | undefined,
    class: fields.text("class") as FailureClass | undefined,
    retryAfter: fields.duration("retry_after"),
  });
}

/** Finds mocks whose parts contradict each other. */
export function checkMocks(mocks: Fields): readonly Issue[] {
  return Object.keys(mocks.map).flatMap((name) => checkMock(mocks.fields(name)));
}

function checkMock(fields: Fields): readonly Issue[] {
  const [first, second] = ANSWERS.filter((key) => fields.has(key));
  const inside = (fields.list("sequence") ?? []).flatMap((one, index) =>
    checkMock(new Fields(one, [...fields.at("sequence"), index]))
  );
  if (second !== undefined) return [...inside, contradiction(fields, second, `"${first}" answers already`)];
  if (first !== undefined && fields.has("fails") && !fields.fields("fails").has("times")) {
    const hint = 'say how often it fails before that: "times" in "fails"';
    return [...inside, contradiction(fields, first, "every call fails", hint)];
  }
  return inside;
}

function contradiction(fields: Fields, key: string, why: string, hint?: string): Issue {
  return {
    severity: "error",
    code: "contradictory_mock",
    message: `This mock cannot have "${key}": ${why}`,
    hint,
    path: fields.at(key),
    onKey: true,
  };
}
