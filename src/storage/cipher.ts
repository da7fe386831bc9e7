import { MaestroError } from "../base/errors.ts";

/** Encrypts what runs carry, so that a copy of the store tells nothing without the key. */
export interface Cipher {
  /** Encrypts a text. `place` says where it will be kept; it can be decrypted there only. */
  seal(text: string, place: string): Promise<Uint8Array>;
  /** Decrypts what `seal` gave. @throws {MaestroError} `wrong_key` where key, place or bytes are others. */
  open(bytes: Uint8Array, place: string): Promise<string>;
}

const FORMAT = 1;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const HEAD_BYTES = 1 + SALT_BYTES + NONCE_BYTES;

/**
 * Makes an AES-256-GCM cipher from a key of 32 bytes.
 *
 * Each opening of a store derives a key of its own (HKDF with a random salt, which every sealed text carries), so that random nonces stay
 * unique however many texts one key file ever seals.
 */
export async function createCipher(key: Uint8Array): Promise<Cipher> {
  if (key.length !== 32) throw new RangeError(`The key has ${key.length} bytes instead of 32`);
  const base = await crypto.subtle.importKey("raw", new Uint8Array(key), "HKDF", false, ["deriveKey"]);
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const own = await deriveKey(base, salt);
  const derived = new Map<string, Promise<CryptoKey>>([[salt.join(), Promise.resolve(own)]]);
  return {
    async seal(text, place) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const sealed = await crypto.subtle.encrypt(parameters(nonce, place), own, encoder.encode(text));
      const bytes = new Uint8Array(HEAD_BYTES + sealed.byteLength);
      bytes[0] = FORMAT;
      bytes.set(salt, 1);
      bytes.set(nonce, 1 + SALT_BYTES);
      bytes.set(new Uint8Array(sealed), HEAD_BYTES);
      return bytes;
    },
    async open(bytes, place) {
      if (bytes[0] !== FORMAT || bytes.length < HEAD_BYTES) throw wrongKey(place);
      const theirs = new Uint8Array(bytes.subarray(1, 1 + SALT_BYTES));
      const name = theirs.join();
      let key = derived.get(name);
      if (key === undefined) {
        if (derived.size >= MOST_KEYS) derived.delete(derived.keys().next().value!);
        derived.set(name, key = deriveKey(base, theirs));
      }
      const nonce = new Uint8Array(bytes.subarray(1 + SALT_BYTES, HEAD_BYTES));
      try {
        const body = new Uint8Array(bytes.subarray(HEAD_BYTES));
        return decoder.decode(await crypto.subtle.decrypt(parameters(nonce, place), await key, body));
      } catch {
        throw wrongKey(place);
      }
    },
  };
}

/** How many openings' keys are kept for reading. */
const MOST_KEYS = 1_000;

function deriveKey(base: CryptoKey, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const info = encoder.encode("maestro store 1");
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

function parameters(iv: Uint8Array<ArrayBuffer>, place: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: encoder.encode(place) };
}

function wrongKey(place: string): MaestroError {
  return new MaestroError("wrong_key", `The data of ${place} cannot be decrypted with this key`, {
    hint:
      "give the key that the store was made with; if it is the right one, the store has been changed by something else",
  });
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
