import { type Channel, type Metadata, status, type StatusObject } from "@grpc/grpc-js";
import { abortReason } from "../../base/abort.ts";
import type { AbortReason } from "../../engine/service.ts";
import { toBuffer } from "../../runtime/buffer.ts";
import type { PooledChannel } from "./channel_pool.ts";

type ChannelCall = ReturnType<Channel["createCall"]>;

/** What one exchange sends, and what happens to the answers. */
export interface ExchangeOptions {
  /** `/pkg.Service/Method`. */
  readonly path: string;
  readonly metadata: Metadata;
  /** The encoded messages, sent in order; then the sending side is closed. */
  readonly messages: readonly Uint8Array[];
  /** Gets every message; `true` ends the exchange, and a throw does so too. */
  readonly receive: (message: Uint8Array) => boolean;
  /** Ends the exchange; limits of time come by it too. */
  readonly signal: AbortSignal;
}

/** How an exchange ended: by the server's status, cut off, closed by `receive`, or by an error that `receive` threw. */
export type ExchangeEnd =
  | { readonly by: "status"; readonly status: StatusObject }
  | { readonly by: "cut"; readonly reason: AbortReason }
  | { readonly by: "closed" }
  | { readonly by: "thrown"; readonly error: unknown };

/** The end of an exchange with what is known besides. */
export interface ExchangeResult {
  readonly end: ExchangeEnd;
  /** The server's headers, if any came. */
  readonly headers: Metadata | undefined;
  /** Whether the request may have reached the server. False only when it surely did not. */
  readonly wasSent: boolean;
}

/**
 * Carries out one call of any kind on a channel. Never rejects.
 *
 * Settles at once when the signal is aborted; the server is told to stop.
 */
export function exchange(pooled: PooledChannel, options: ExchangeOptions): Promise<ExchangeResult> {
  const { signal } = options;
  if (signal.aborted) {
    return Promise.resolve({ end: { by: "cut", reason: abortReason(signal) }, headers: undefined, wasSent: false });
  }
  return new Promise((resolve) => new Exchange(pooled, options, resolve).start());
}

class Exchange {
  readonly #pooled: PooledChannel;
  readonly #options: ExchangeOptions;
  readonly #resolve: (result: ExchangeResult) => void;
  readonly #mark: number;
  readonly #call: ChannelCall;
  #headers: Metadata | undefined;
  #sent = 0;
  #received = 0;
  #isOver = false;

  constructor(pooled: PooledChannel, options: ExchangeOptions, resolve: (result: ExchangeResult) => void) {
    this.#pooled = pooled;
    this.#options = options;
    this.#resolve = resolve;
    this.#mark = pooled.mark();
    // The deadline travels as metadata. With none of its own, grpc-js never gives up before the signal does.
    this.#call = pooled.channel.createCall(options.path, Infinity, null, null, null);
  }

  start(): void {
    const { metadata, signal } = this.#options;
    signal.addEventListener("abort", this);
    this.#call.start(metadata, this);
    this.#call.startRead();
    this.#send();
  }

  /** The signal's abort. */
  handleEvent(): void {
    const reason = abortReason(this.#options.signal);
    // A connection on which nothing came back until the time was over may be dead without knowing.
    if (reason === "timeout" && this.#headers === undefined) this.#pooled.retire();
    this.#stop({ by: "cut", reason });
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#headers = metadata;
  }

  onReceiveMessage(message: Uint8Array): void {
    if (this.#isOver) return;
    this.#received++;
    try {
      if (this.#options.receive(message)) this.#stop({ by: "closed" });
      else this.#call.startRead();
    } catch (error) {
      this.#stop({ by: "thrown", error });
    }
  }

  onReceiveStatus(status: StatusObject): void {
    // A call that never got a connection has no context of one.
    this.#finish({ by: "status", status }, this.#call.getAuthContext() !== null);
  }

  /** grpc-js keeps one message at a time before there is a connection, so the next waits for the one before. */
  #send(): void {
    const message = this.#options.messages[this.#sent++];
    if (message !== undefined) {
      const isLast = this.#sent === this.#options.messages.length;
      this.#call.sendMessageWithContext(isLast ? {} : { callback: () => this.#send() }, toBuffer(message));
      if (!isLast) return;
    }
    this.#call.halfClose();
  }

  #stop(end: ExchangeEnd): void {
    if (this.#isOver) return;
    const wasSent = this.#headers !== undefined || this.#pooled.mayHaveSent(this.#mark);
    // After a busy stream was cut, the next call on the same connection sometimes ends as CANCELLED (Deno's client).
    if (this.#received > 0) this.#pooled.retire();
    this.#finish(end, wasSent);
    this.#call.cancelWithStatus(status.CANCELLED, "Cancelled by the caller");
  }

  #finish(end: ExchangeEnd, wasSent: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.signal.removeEventListener("abort", this);
    this.#resolve({ end, headers: this.#headers, wasSent });
  }
}
