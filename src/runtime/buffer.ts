import { Buffer } from "node:buffer";

/** Wraps bytes in the `Buffer` that grpc-js wants, sharing their memory. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
