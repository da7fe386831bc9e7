import {
  type Answers,
  type AttemptOptions,
  CallError,
  type Inputs,
  type Method,
  type OrderClient,
} from "./order_glue.ts";

const RETRYABLE = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Calls the services with the runtime's own `fetch`, as one writes it by hand. */
export class HttpOrderClient implements OrderClient {
  readonly #origin: string;

  constructor(endpoint: string) {
    this.#origin = `http://${endpoint}`;
  }

  async attempt<M extends Method>(method: M, input: Inputs[M], options: AttemptOptions): Promise<Answers[M]> {
    const { signal, timeoutMs, headers } = options;
    const limit = new AbortController();
    const abort = (): void => limit.abort();
    const timer = setTimeout(abort, timeoutMs);
    signal.addEventListener("abort", abort);
    try {
      const response = await fetch(`${this.#origin}/${method}`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify(input),
        signal: limit.signal,
        redirect: "manual",
      });
      if (!response.ok) {
        const text = await response.text();
        throw new CallError(`http_${response.status}`, text, RETRYABLE.has(response.status));
      }
      return await response.json() as Answers[M];
    } catch (error) {
      if (error instanceof CallError) throw error;
      throw new CallError(limit.signal.aborted ? "timeout" : "connection_lost", String(error), true);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  close(): void {}
}
