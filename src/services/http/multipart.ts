import { isJsonObject, type JsonObject, jsonTypeName, type JsonValue } from "../../base/json.ts";
import { BadRequest } from "./bad_request.ts";
import { decodeBase64 } from "./base64.ts";

/** A body ready to send. */
export interface RequestBody {
  readonly contentType: string;
  readonly content: string | Uint8Array;
}

const utf8 = new TextEncoder();

/**
 * Writes a map as `multipart/form-data` (RFC 7578). A part is a plain value, a list of parts of that name, or a file:
 * `{ filename, content_type, text | base64 }`. Null parts are left out.
 *
 * The boundary comes from the idempotency key, so that every attempt sends the same bytes. Throws `BadRequest`.
 */
export function encodeMultipart(value: JsonValue, idempotencyKey: string): RequestBody {
  if (!isJsonObject(value)) throw new BadRequest(`Multipart body must be a map, not a ${jsonTypeName(value)}`);
  const parts: Uint8Array[] = [];
  for (const name of Object.keys(value)) {
    const item = value[name]!;
    const list: readonly JsonValue[] = Array.isArray(item) ? item : [item];
    for (const each of list) if (each !== null) parts.push(encodePart(name, each));
  }
  const boundary = pickBoundary(parts, idempotencyKey);
  const chunks = parts.flatMap((part) => [utf8.encode(`--${boundary}\r\n`), part]);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    content: concatBytes([...chunks, utf8.encode(`--${boundary}--\r\n`)]),
  };
}

function encodePart(name: string, part: JsonValue): Uint8Array {
  let head = `content-disposition: form-data; name="${quoted(name)}"`;
  if (!isJsonObject(part)) {
    if (Array.isArray(part)) throw new BadRequest(`Part "${name}" must be a value or a file, not a list of lists`);
    return utf8.encode(`${head}\r\n\r\n${String(part)}\r\n`);
  }
  const filename = member(part, name, "filename");
  const contentType = member(part, name, "content_type");
  if (filename !== undefined) head += `; filename="${quoted(filename)}"`;
  if (contentType !== undefined) head += `\r\ncontent-type: ${contentType}`;
  return concatBytes([utf8.encode(`${head}\r\n\r\n`), partContent(part, name), utf8.encode("\r\n")]);
}

function partContent(part: JsonObject, name: string): Uint8Array {
  const { text, base64, filename: _, content_type: __, ...unknown } = part as Record<string, JsonValue>;
  const stray = Object.keys(unknown)[0];
  if (stray !== undefined) {
    throw new BadRequest(
      `Part "${name}" has an unknown member "${stray}"; it takes filename, content_type, text or base64`,
    );
  }
  if ((text === undefined) === (base64 === undefined)) {
    throw new BadRequest(`Part "${name}" needs either text or base64`);
  }
  if (base64 !== undefined) return decodeBase64(base64, `Part "${name}"`);
  if (typeof text !== "string") {
    throw new BadRequest(`Text of part "${name}" must be text, not a ${jsonTypeName(text)}`);
  }
  return utf8.encode(text);
}

function member(part: JsonObject, name: string, key: "filename" | "content_type"): string | undefined {
  const value = part[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || (key === "content_type" && /[^\x20-\x7e]/.test(value))) {
    throw new BadRequest(`Member "${key}" of part "${name}" must be printable text`);
  }
  return value;
}

/** The escapes that browsers use in names of parts and files. */
function quoted(text: string): string {
  return text.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
}

/** A boundary that is in none of the parts, whoever wrote them. */
function pickBoundary(parts: readonly Uint8Array[], key: string): string {
  let boundary = `maestro-${key.replace(/[^0-9A-Za-z]/g, "").slice(-40)}`;
  const content = new TextDecoder("latin1").decode(concatBytes(parts));
  while (content.includes(boundary)) boundary += "x";
  return boundary;
}

function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
