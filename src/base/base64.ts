/** Writes bytes as base64. */
export function encodeBase64(bytes: Uint8Array & { toBase64?(): string }): string {
  if (bytes.toBase64 !== undefined) return bytes.toBase64();
  let latin1 = "";
  for (let start = 0; start < bytes.length; start += PIECE) {
    latin1 += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  }
  return btoa(latin1);
}

/** Writes a text's UTF-8 bytes as base64. */
export function textToBase64(text: string): string {
  return encodeBase64(new TextEncoder().encode(text));
}

/** How many arguments a call takes on every runtime. */
const PIECE = 8_192;
