import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** What the glue code needs of a protocol: one attempt of one call. */
export interface OrderClient {
  /** Rejects with a `CallError`. Ends when the signal is aborted or after `timeoutMs`. */
  attempt<M extends Method>(method: M, input: Inputs[M], options: AttemptOptions): Promise<Answers[M]>;
  close(): void;
}

/** What goes with an attempt. */
export interface AttemptOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The run's. */
  readonly signal: AbortSignal;
}

/** A failed attempt. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly code: string;
  readonly isRetryable: boolean;

  constructor(code: string, message: string, isRetryable: boolean) {
    super(message);
    this.code = code;
    this.isRetryable = isRetryable;
  }
}

interface Item {
  readonly sku: string;
  readonly quantity: number;
  readonly price: number;
}

/** What is sent, by method. */
export interface Inputs {
  readonly CreateOrder: { readonly customer: string; readonly items: readonly Item[] };
  readonly CancelOrder: { readonly id: string };
  readonly ReserveStock: { readonly order: string; readonly items: readonly Item[] };
  readonly ReleaseStock: { readonly id: string };
  readonly ChargeCard: {
    readonly order: string;
    readonly customer: string;
    readonly amount: number;
    readonly currency: string;
  };
  readonly RefundCharge: { readonly id: string };
  readonly ShipParcel: { readonly order: string; readonly warehouse: string; readonly reservation: string };
  readonly SendReceipt: {
    readonly customer: string;
    readonly order: string;
    readonly payment: string;
    readonly tracking: string;
  };
}

/** What comes back, by method. */
export interface Answers {
  readonly CreateOrder: {
    readonly id: string;
    readonly customer: string;
    readonly total: number;
    readonly currency: string;
  };
  readonly CancelOrder: unknown;
  readonly ReserveStock: { readonly id: string; readonly warehouse: string };
  readonly ReleaseStock: unknown;
  readonly ChargeCard: { readonly id: string };
  readonly RefundCharge: unknown;
  readonly ShipParcel: { readonly id: string; readonly tracking: string };
  readonly SendReceipt: unknown;
}

/** The methods of the services. */
export type Method = keyof Inputs & keyof Answers;

/** What a placed order comes to. */
export interface PlacedOrder {
  readonly order: string;
  readonly payment: string;
  readonly tracking: string;
}

const RUN_TIMEOUT_MS = 30_000;
const ATTEMPT_TIMEOUT_MS = 5_000;
const ATTEMPTS = 3;
const UNDO_ATTEMPTS = 5;

/**
 * The 5-call workflow by hand: what a careful engineer writes who has no workflow engine.
 *
 * Each call has its limit, retries with backoff, an idempotency key and trace headers; the run has a limit of its own; when a call fails for
 * good, what was done is undone in reverse order.
 */
export async function placeOrder(client: OrderClient, input: Inputs["CreateOrder"]): Promise<PlacedOrder> {
  const run = new OrderRun(client);
  try {
    const order = await run.call("create", "CreateOrder", { customer: input.customer, items: input.items });
    run.onFailure("create", "CancelOrder", { id: order.id });
    const reservation = await run.call("reserve", "ReserveStock", { order: order.id, items: input.items });
    run.onFailure("reserve", "ReleaseStock", { id: reservation.id });
    const payment = await run.call("charge", "ChargeCard", {
      order: order.id,
      customer: order.customer,
      amount: order.total,
      currency: order.currency,
    });
    run.onFailure("charge", "RefundCharge", { id: payment.id });
    const parcel = await run.call("ship", "ShipParcel", {
      order: order.id,
      warehouse: reservation.warehouse,
      reservation: reservation.id,
    });
    await run.call("receipt", "SendReceipt", {
      customer: order.customer,
      order: order.id,
      payment: payment.id,
      tracking: parcel.tracking,
    });
    return { order: order.id, payment: payment.id, tracking: parcel.tracking };
  } catch (error) {
    await run.undo();
    throw error;
  } finally {
    run.end();
  }
}

class OrderRun {
  readonly #client: OrderClient;
  readonly #id = randomUUID();
  readonly #traceId = this.#id.replaceAll("-", "");
  readonly #limit = new AbortController();
  readonly #timer = setTimeout(() => this.#limit.abort(), RUN_TIMEOUT_MS);
  readonly #undo: (() => Promise<unknown>)[] = [];

  constructor(client: OrderClient) {
    this.#client = client;
  }

  call<M extends Method>(step: string, method: M, input: Inputs[M]): Promise<Answers[M]> {
    return this.#retry(step, method, input, ATTEMPTS, this.#limit.signal);
  }

  onFailure<M extends Method>(step: string, method: M, input: Inputs[M]): void {
    this.#undo.push(() =>
      this.#retry(`${step}/undo`, method, input, UNDO_ATTEMPTS, AbortSignal.timeout(RUN_TIMEOUT_MS))
    );
  }

  async undo(): Promise<void> {
    for (const undo of this.#undo.reverse()) {
      try {
        await undo();
      } catch (error) {
        console.error(`Order run ${this.#id}: not undone:`, error);
      }
    }
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  async #retry<M extends Method>(
    step: string,
    method: M,
    input: Inputs[M],
    attempts: number,
    signal: AbortSignal,
  ): Promise<Answers[M]> {
    for (let attempt = 1;; attempt++) {
      try {
        const headers = this.#headers(step);
        return await this.#client.attempt(method, input, { headers, timeoutMs: ATTEMPT_TIMEOUT_MS, signal });
      } catch (error) {
        const mayRetry = error instanceof CallError && error.isRetryable && attempt < attempts && !signal.aborted;
        if (!mayRetry) throw error;
        await sleep(Math.min(30_000, 1_000 * 2 ** (attempt - 1)) * (0.8 + 0.4 * Math.random()), undefined, { signal });
      }
    }
  }

  #headers(step: string): Record<string, string> {
    return {
      "idempotency-key": `${this.#id}:${step}`,
      traceparent: `00-${this.#traceId}-${spanId()}-01`,
      "x-maestro-run-id": this.#id,
      "x-maestro-workflow": "place_order",
      "x-maestro-step-id": step,
    };
  }
}

function spanId(): string {
  const half = (): string => Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0");
  return half() + half();
}
