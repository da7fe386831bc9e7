import { MaestroError } from "../../base/errors.ts";
import type { Cipher } from "../cipher.ts";
import type { SqlValue } from "./sql_work.ts";

/** A text on its way into the store: as it is, or sealed once `PayloadCodec.seal` has resolved. */
export interface Payload {
  value: string | Uint8Array;
}

/** Turns the texts of requests into what columns hold, and back. */
export class PayloadCodec {
  readonly #cipher: Cipher | undefined;
  readonly #mostBytes: number;
  #unsealed: { readonly payload: Payload; readonly place: string }[] = [];

  constructor(cipher: Cipher | undefined, mostBytes: number) {
    this.#cipher = cipher;
    this.#mostBytes = mostBytes;
  }

  /** Whether texts are kept encrypted. */
  get isEncrypting(): boolean {
    return this.#cipher !== undefined;
  }

  /** Most bytes of one value. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  /** Takes a text; `place` names it for people and binds it to where it is kept. */
  text(text: string, place: string): Payload {
    const payload: Payload = { value: text };
    if (this.#cipher !== undefined) this.#unsealed.push({ payload, place });
    return payload;
  }

  /**
   * Takes a value as JSON.
   *
   * @throws {MaestroError} `payload_too_large`.
   */
  json(value: unknown, place: string): Payload {
    const text = JSON.stringify(value);
    if (text.length * 3 > this.#mostBytes) this.#checkSize(text, place);
    return this.text(text, place);
  }

  /** Seals every text taken since the last call; `undefined` where there is nothing to wait for. */
  seal(): Promise<unknown> | undefined {
    const cipher = this.#cipher;
    if (cipher === undefined || this.#unsealed.length === 0) return undefined;
    const taken = this.#unsealed;
    this.#unsealed = [];
    return Promise.all(taken.map(async ({ payload, place }) => {
      payload.value = await cipher.seal(payload.value as string, place);
    }));
  }

  /** Reads a column back; `place` is the one that it was taken with. */
  read(value: SqlValue | undefined, place: string): Promise<string> | string {
    if (typeof value === "string" && this.#cipher === undefined) return value;
    if (value instanceof Uint8Array && this.#cipher !== undefined) return this.#cipher.open(value, place);
    throw new MaestroError("store_corrupt", `The data of ${place} are not what this store keeps`, {
      hint: "the store is damaged, or something else wrote into it: restore a copy",
    });
  }

  /** Reads a column of JSON back; null stands for null. */
  async readJson(value: SqlValue | undefined, place: string): Promise<unknown> {
    if (value === null || value === undefined) return null;
    const text = await this.read(value, place);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new MaestroError("store_corrupt", `The data of ${place} are no JSON`, {
        hint: "the store is damaged, or something else wrote into it: restore a copy",
        cause,
      });
    }
  }

  #checkSize(text: string, place: string): void {
    const bytes = new TextEncoder().encode(text).length;
    if (bytes <= this.#mostBytes) return;
    throw new MaestroError(
      "payload_too_large",
      `The data of ${place} take ${bytes} bytes, and at most ${this.#mostBytes} are allowed`,
      { hint: "keep large data elsewhere and pass a reference to it", details: { bytes, most: this.#mostBytes } },
    );
  }
}
