import { MaestroError } from "../base/errors.ts";

const KEY_BYTES = 32;

/**
 * Reads the 32 bytes of a key file: as they are, as 64 hexadecimal digits, or as base64 (also of the URL kind), with white space around.
 *
 * @throws {MaestroError} `usage` for anything else. The message holds nothing of the content.
 *
 * @example
 * ```ts
 * import { parseKey } from "maestro";
 *
 * const key = parseKey(new TextEncoder().encode("0f".repeat(32)));
 * console.log(key.length); // 32
 * ```
 */
export function parseKey(content: Uint8Array, name = "The key file"): Uint8Array {
  if (content.length === KEY_BYTES) return content;
  const text = isAscii(content) ? new TextDecoder().decode(content).trim() : undefined;
  if (text === "" || content.length === 0) throw unusable(`${name} is empty`);
  if (text === undefined) throw unusable(`${name} has ${content.length} bytes instead of ${KEY_BYTES}`);
  if (/^[0-9a-f]+$/i.test(text) && text.length === 2 * KEY_BYTES) {
    return Uint8Array.from(
      { length: KEY_BYTES },
      (_, index) => Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
    );
  }
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) {
    throw unusable(`${name} has ${content.length} bytes that are neither a key nor hexadecimal digits nor base64`);
  }
  const decoded = decodeBase64(text);
  if (decoded?.length !== KEY_BYTES) {
    throw unusable(`${name} has ${decoded?.length ?? "no whole number of"} bytes in base64 instead of ${KEY_BYTES}`);
  }
  return decoded;
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (unit) => unit.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function isAscii(content: Uint8Array): boolean {
  return content.every((byte) => byte < 0x80);
}

function unusable(message: string): MaestroError {
  return new MaestroError("usage", message, {
    hint: "make one with: openssl rand -base64 32 > key",
  });
}
