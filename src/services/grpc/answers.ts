import type { JsonValue } from "../../base/json.ts";
import type { CallRequest } from "../../engine/service.ts";
import { BadValue } from "./bad_value.ts";
import type { Method } from "./methods.ts";

/** Most messages of a server stream that are taken where a step does not say. */
const DEFAULT_STREAM_MAX = 10_000;

/** Thrown for an answer that is not what the method promises. */
export class BadAnswer extends Error {}

/** Collects the messages of one call, decoded. */
export class Answers {
  readonly #method: Method;
  readonly #until: CallRequest["streamUntil"];
  readonly #max: number;
  readonly #items: JsonValue[] = [];

  constructor(method: Method, request: CallRequest) {
    this.#method = method;
    this.#until = request.streamUntil;
    this.#max = request.streamMax ?? DEFAULT_STREAM_MAX;
  }

  /** Takes one message; `true` when there is no use for more. Throws `BadAnswer`, and what `streamUntil` throws. */
  receive(bytes: Uint8Array): boolean {
    const index = this.#items.length;
    if (!this.#method.serverStreaming && index > 0) throw new BadAnswer("The service sent more than one message");
    const item = this.#decode(bytes, index);
    this.#items.push(item);
    if (!this.#method.serverStreaming) return false;
    return this.#until?.(item, index) === true || index + 1 >= this.#max;
  }

  /** The output of a call that went well. Throws `BadAnswer` where a single message is promised and none came. */
  body(): JsonValue {
    if (this.#method.serverStreaming) return this.#items;
    const [item] = this.#items;
    if (item === undefined) throw new BadAnswer("The service said OK but sent no message");
    return item;
  }

  #decode(bytes: Uint8Array, index: number): JsonValue {
    try {
      return this.#method.decode(bytes);
    } catch (thrown) {
      const root = this.#method.serverStreaming ? `answer[${index}]` : "answer";
      const reason = thrown instanceof BadValue ? thrown.describe(root) : `${root}: ${(thrown as Error).message}`;
      throw new BadAnswer(`The answer does not fit the descriptors of ${this.#method.name}: ${reason}`);
    }
  }
}
