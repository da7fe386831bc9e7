import type { DocumentPath } from "../base/diagnostics.ts";
import { isJsonObject, type JsonValue } from "../base/json.ts";
import type { RecordedCall } from "./call_step.ts";

/**
 * What a call sent, from what the journal keeps of it: its `input`, or all of `input query body headers` where there is more than that.
 *
 * Where secrets went in, the template stands as it was written.
 */
export function sentInput(recorded: JsonValue): JsonValue {
  if (!isJsonObject(recorded) || !isJsonObject(recorded["request"])) return recorded;
  const { request, deferred = [] } = recorded as unknown as RecordedCall;
  let sent: JsonValue = request;
  for (const { at, text } of deferred) sent = putAt(sent, at, text);
  const [first, ...others] = Object.keys(request);
  if (first === undefined) return null;
  return first === "input" && others.length === 0 ? (sent as typeof request)["input"]! : sent;
}

function putAt(value: JsonValue, [key, ...rest]: DocumentPath, text: string): JsonValue {
  if (key === undefined) return text;
  if (Array.isArray(value)) {
    return value.map((item: JsonValue, index) => index === key ? putAt(item, rest, text) : item);
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === key ? putAt(item, rest, text) : item]),
  );
}
