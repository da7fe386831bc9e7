/** Stands for bytes that are no UTF-8: half of a surrogate pair, which no UTF-8 text can hold. */
const BAD_BYTE = "\uDC80";

/**
 * Decodes UTF-8, a byte-order mark included.
 *
 * Where the bytes are not UTF-8 the text holds half of a surrogate pair at the first bad place, so `isWellFormed()` tells, and
 * replacement characters at the others.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const whole = decodeStrictly(bytes, false);
  if (whole !== undefined) return whole;
  let good = 0;
  // The longest beginning that can still become UTF-8 ends in front of the first bad byte.
  for (let bad = bytes.length + 1; bad - good > 1;) {
    const middle = (good + bad) >> 1;
    if (decodeStrictly(bytes.subarray(0, middle), true) === undefined) bad = middle;
    else good = middle;
  }
  const rest = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(good));
  return `${decodeStrictly(bytes.subarray(0, good), true)}${BAD_BYTE}${rest}`;
}

function decodeStrictly(bytes: Uint8Array, isBeginning: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: isBeginning });
  } catch {
    return undefined;
  }
}
