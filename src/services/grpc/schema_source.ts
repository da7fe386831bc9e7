import { base64Decode } from "@bufbuild/protobuf/wire";
import { abortReason } from "../../base/abort.ts";
import type { AbortReason } from "../../engine/service.ts";
import { readDescriptorSet } from "./descriptors.ts";
import type { PooledChannel } from "./channel_pool.ts";
import { askReflection, type ReflectionAnswer, type ReflectionOptions } from "./reflection.ts";
import { Schema } from "./schema.ts";

/** A schema younger than this is not asked for again, whatever it lacks. */
const FRESH_MS = 2_000;

/** A schema, or why there is none. */
export type SchemaAnswer = Schema | Exclude<ReflectionAnswer, { readonly registry: unknown }> | AbortReason;

/**
 * Where a client's schema comes from: its configuration, or the server itself.
 *
 * The server is asked once; calls that come meanwhile wait for the same answer. A failure is not kept, and a schema that
 * proves too old is asked for again.
 */
export class SchemaSource {
  readonly #now: () => number;
  readonly #isFixed: boolean;
  #current: Schema | undefined;
  #fetchedAt = -Infinity;
  #pending: Promise<SchemaAnswer> | undefined;

  /** Throws an `Error` for descriptors that cannot be read. */
  constructor(descriptors: string | undefined, now: () => number) {
    this.#now = now;
    this.#isFixed = descriptors !== undefined;
    if (descriptors !== undefined) this.#current = new Schema(readDescriptorSet(base64Decode(descriptors)));
  }

  /** The schema if it is known already. */
  get current(): Schema | undefined {
    return this.#current;
  }

  /** Forgets a schema that lacks something, so that the next call asks again. Tells whether there is a point in asking. */
  outdate(schema: Schema): boolean {
    if (this.#isFixed || this.#now() - this.#fetchedAt < FRESH_MS) return false;
    if (this.#current === schema) this.#current = undefined;
    return true;
  }

  /** The schema, asked for at the server where it is not known. */
  async load(channel: PooledChannel, options: ReflectionOptions): Promise<SchemaAnswer> {
    while (true) {
      if (this.#current !== undefined) return this.#current;
      if (this.#pending === undefined) return await this.#fetch(channel, options);
      const answer = await withinLimits(this.#pending, options);
      // The call that asked was cut off, which says nothing about the server: this one asks itself.
      const isForeignCut = answer instanceof Foreign && isCut(answer.answer);
      if (!isForeignCut) return answer instanceof Foreign ? answer.answer : answer;
    }
  }

  async #fetch(channel: PooledChannel, options: ReflectionOptions): Promise<SchemaAnswer> {
    this.#pending = askReflection(channel, options).then((answer) => {
      if (!("registry" in answer)) return answer;
      this.#fetchedAt = this.#now();
      return this.#current = new Schema(answer.registry);
    });
    try {
      return await this.#pending;
    } finally {
      this.#pending = undefined;
    }
  }
}

/** An answer that another call has asked for. */
class Foreign {
  readonly answer: SchemaAnswer;

  constructor(answer: SchemaAnswer) {
    this.answer = answer;
  }
}

function isCut(answer: SchemaAnswer): boolean {
  return typeof answer === "object" && "problem" in answer && answer.problem === "failed" &&
    answer.result.end.by === "cut";
}

/** Waits for a promise, but not longer than the call may last. */
function withinLimits(pending: Promise<SchemaAnswer>, { signal }: ReflectionOptions): Promise<Foreign | AbortReason> {
  if (signal.aborted) return Promise.resolve(abortReason(signal));
  return new Promise((resolve) => {
    const onAbort = (): void => resolve(abortReason(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    void pending.then((answer) => {
      signal.removeEventListener("abort", onAbort);
      resolve(new Foreign(answer));
    });
  });
}
