import { jsonTypeName, type JsonValue } from "../base/json.ts";
import { failure, StepFailedError } from "../engine/failure.ts";
import type { PartsTemplate, Scope } from "../expr/mod.ts";

/**
 * Evaluates an HTTP method such as `GET /users/{{ .id }}`: each template is one encoded value, `path(x)` keeps its slashes, and
 * a path that is one whole template is taken as it is.
 *
 * @throws {StepFailedError} `bad_input` for a value that cannot stand in a path.
 */
export function evaluateHttpMethod(method: PartsTemplate, scope: Scope): string {
  const parts = method.evaluate(scope);
  let text = "";
  for (const [index, part] of parts.entries()) {
    if (typeof part === "string") text += part;
    else if (isWholePath(text, parts, index)) text += wholePath(part.value);
    else text += part.isPath ? encodePath(part.value) : encodeSegment(part.value);
  }
  return text;
}

/** Evaluates a gRPC method name. */
export function evaluateMethodName(method: PartsTemplate, scope: Scope): string {
  return method.evaluate(scope).map((part) => typeof part === "string" ? part : textOf(part.value)).join("").trim();
}

function isWholePath(before: string, parts: readonly unknown[], index: number): boolean {
  const rest = parts.slice(index + 1);
  return /^\s*([A-Z]+\s+)?$/.test(before) && rest.every((part) => typeof part === "string" && part.trim() === "");
}

function wholePath(value: JsonValue): string {
  const text = textOf(value);
  if (/[\s\u0000-\u001f]/.test(text)) throw badPath(`"${text}" holds white space or control characters`);
  if (!/^(?:\/|https?:\/\/)/i.test(text)) throw badPath(`"${text}" is neither a path that begins with "/" nor a URL`);
  return text;
}

function encodeSegment(value: JsonValue): string {
  const text = textOf(value);
  if (text === "") throw badPath("an empty text cannot stand in a path");
  if (text === "." || text === "..") throw badPath(`"${text}" cannot stand in a path`);
  return encodeURIComponent(text);
}

function encodePath(value: JsonValue): string {
  const segments = textOf(value).split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) {
    throw badPath(`"${segments.join("/")}" holds a "." or ".." segment`);
  }
  return segments.map(encodeURIComponent).join("/");
}

function textOf(value: JsonValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw badPath(`${jsonTypeName(value)} cannot stand in a path`);
}

function badPath(problem: string): StepFailedError {
  return new StepFailedError(failure("bad_input", `method: ${problem}`));
}
