import { encodeBase64 } from "../../base/base64.ts";
import type { JsonValue } from "../../base/json.ts";
import { parseAnswer } from "./parse_json.ts";

/** An answer's body in the form that expressions see, or why it has none. */
export type Decoded = { readonly ok: true; readonly body: JsonValue } | {
  readonly ok: false;
  readonly problem: string;
};

const JSON_TYPE = /^(?:application|text)\/json$|\+json$/;

const TEXT_TYPE = /^text\/|\+xml$|\/(?:xml|yaml|x-yaml|javascript|ecmascript|x-www-form-urlencoded|graphql|toml|sql)$/;

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;

/** How a body of some content type is read. */
interface Reading {
  readonly kind: "json" | "text" | "base64";
  readonly charset: string;
}

/** Services answer with few content types: what they mean is found once. */
const readings = new Map<string, Reading>();

const MOST_READINGS = 100;

/** Decodes by content type: JSON, text, or base64 for the rest; an empty body is null. */
export function decodeAnswer(bytes: Uint8Array, contentType: string): Decoded {
  if (bytes.length === 0) return { ok: true, body: null };
  const { kind, charset } = readingOf(contentType);
  if (kind === "base64") return { ok: true, body: encodeBase64(bytes) };
  const text = decodeText(bytes, charset, kind === "json");
  if (!text.ok || kind === "text") return text;
  return text.body.trim() === "" ? { ok: true, body: null } : parseAnswer(text.body);
}

function readingOf(contentType: string): Reading {
  const known = readings.get(contentType);
  if (known !== undefined) return known;
  const type = contentType.split(";", 1)[0]!.trim().toLowerCase();
  const kind = JSON_TYPE.test(type) ? "json" : TEXT_TYPE.test(type) ? "text" : "base64";
  const reading: Reading = { kind, charset: CHARSET.exec(contentType)?.[1]?.toLowerCase() ?? "utf-8" };
  if (readings.size < MOST_READINGS) readings.set(contentType, reading);
  return reading;
}

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true });

/** JSON must be right to the last byte; in plain text what cannot be decoded becomes U+FFFD. */
function decodeText(
  bytes: Uint8Array,
  charset: string,
  fatal: boolean,
): { ok: true; body: string } | { ok: false; problem: string } {
  let decoder: TextDecoder;
  try {
    decoder = fatal && charset === "utf-8" ? STRICT_UTF8 : new TextDecoder(charset, { fatal });
  } catch {
    return { ok: false, problem: `unknown charset "${charset}"` };
  }
  try {
    return { ok: true, body: decoder.decode(bytes) };
  } catch {
    return { ok: false, problem: `its text is not valid ${charset}` };
  }
}

/** Undoes a content encoding that the service applied unasked. Gives at most `limit` bytes, `undefined` beyond it. Throws for broken or unknown ones. */
export async function decompress(bytes: Uint8Array, encoding: string, limit: number): Promise<Uint8Array | undefined> {
  const name = encoding.trim().toLowerCase();
  if (name === "" || name === "identity" || bytes.length === 0) return bytes;
  const format = name === "gzip" || name === "x-gzip" ? "gzip" : name === "deflate" ? "deflate" : undefined;
  if (format === undefined) throw new Error(`unknown content encoding "${encoding}"`);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream(format));
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    length += read.value.length;
    if (length > limit) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(read.value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
