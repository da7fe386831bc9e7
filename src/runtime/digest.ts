import process from "node:process";

/** The part of Bun that hashes by itself. */
interface BunHashing {
  readonly CryptoHasher: new (algorithm: "sha256") => {
    update(text: string): { digest(encoding: "hex"): string };
  };
}

const { Bun } = globalThis as { readonly Bun?: BunHashing };

/** The SHA-256 of a text in hexadecimal digits. */
export function sha256(text: string): string {
  // Loading node:crypto takes milliseconds, and Bun has a hash of its own.
  if (Bun !== undefined) return new Bun.CryptoHasher("sha256").update(text).digest("hex");
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex");
}
