import { formatUuid } from "../base/ids.ts";

/** Makes a UUID of version 4 from numbers between 0 and 1. */
export function uuidFrom(random: () => number): string {
  const bytes = Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
  bytes[6] = 0x40 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return formatUuid(bytes);
}
