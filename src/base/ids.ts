/** Bytes from a source of randomness; injected so that tests can repeat a run. */
export type RandomBytes = (count: number) => Uint8Array;

/** The runtime's cryptographic source. */
const cryptoRandom: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

/**
 * Makes a generator of UUIDs of version 7 (RFC 9562): sortable by creation, strictly growing within one generator.
 *
 * A clock that steps back does not break the order: the last timestamp is kept until the clock has caught up.
 */
export function createIdGenerator(now: () => number, random: RandomBytes = cryptoRandom): () => string {
  let lastTime = 0;
  let sequence = 0;
  return () => {
    const time = Math.max(now(), lastTime);
    const bytes = random(16);
    sequence = time === lastTime ? sequence + 1 : ((bytes[6]! & 0x03) << 8) | bytes[7]!;
    lastTime = time;
    if (sequence > 0xfff) [lastTime, sequence] = [time + 1, 0];
    let rest = lastTime;
    for (let index = 5; index >= 0; index--) {
      bytes[index] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    bytes[6] = 0x70 | (sequence >> 8);
    bytes[7] = sequence & 0xff;
    bytes[8] = 0x80 | (bytes[8]! & 0x3f);
    return formatUuid(bytes);
  };
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Writes 16 bytes as a UUID. */
function formatUuid(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += "-";
    text += HEX[bytes[index]!]!;
  }
  return text;
}

/** Makes a UUID of version 4 from numbers between 0 and 1. */
export function uuidFrom(random: () => number): string {
  const bytes = Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
  bytes[6] = 0x40 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return formatUuid(bytes);
}
