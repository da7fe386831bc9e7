import { isJsonObject, type JsonObject } from "../base/json.ts";

/** Turns a JSON log line into one for people: `time level message key=value …`. Anything else is left as it is. */
export function logTextLine(line: string): string {
  const fields = parse(line);
  if (fields === undefined) return line;
  const { time, level, message, ...rest } = fields;
  const pairs = Object.entries(rest).map(([key, value]) =>
    ` ${key}=${typeof value === "string" ? bare(value) : JSON.stringify(value)}`
  );
  return `${time} ${String(level).padEnd(5)} ${bare(String(message), true)}${pairs.join("")}\n`;
}

function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A text as it is where that is unambiguous and harmless to a terminal, else quoted. */
function bare(text: string, mayHaveSpaces = false): string {
  const isPlain = mayHaveSpaces ? /^[^"\p{Cc}]*$/u : /^[^\s"=\p{Cc}]+$/u;
  return isPlain.test(text) ? text : JSON.stringify(text);
}
