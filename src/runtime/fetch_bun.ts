import process from "node:process";
import type { Fetch, FetchFactory, FetchRequest, FetchResponse, FetchSettings } from "./fetch.ts";
import { FetchError } from "./fetch.ts";
import { toFetchError } from "./fetch_errors.ts";

/**
 * Bun holds at most 256 requests of its `fetch` for the whole process, so that one service that hangs would starve all others. Above
 * this number requests take the other way.
 */
const MOST_NATIVE = 200;

/**
 * Servers close idle connections after five seconds or more. After a shorter pause than that a request goes over a new connection, so that none is
 * written into one that the other side is just closing.
 */
const LONGEST_PAUSE_MS = 4_000;

/** Stands for the time before the first request. */
const NEVER_ASKED = -1;

let nativeInFlight = 0;

/**
 * Opens connections on Bun: the global `fetch` for plain HTTP to a service that is well, `node:http` for everything else.
 *
 * The global `fetch` costs half as much per call, needs no module that has to be loaded, and on Bun it never sends a POST again by itself.
 * But it does not tell whether a connection had come about before a time limit passed, nor an answer without a length that ended from one
 * that broke off. So every request after a pause, a failure or an answer without a length goes through `node:http`, which does, and so does
 * the first one where it matters what became of it.
 */
export const createBunFetch: FetchFactory = (settings) => new BunFetch(settings);

class BunFetch implements Fetch {
  readonly #settings: FetchSettings;
  readonly #mayBeNative: boolean;
  /** Until when the service counts as well. */
  #wellUntil = NEVER_ASKED;
  #careful: Fetch | undefined;

  constructor(settings: FetchSettings) {
    this.#settings = settings;
    this.#mayBeNative = settings.origin.startsWith("http:") && !hasProxy(settings.proxyEnv ?? process.env);
  }

  send(request: FetchRequest): Promise<FetchResponse> {
    const isWell = this.#wellUntil === NEVER_ASKED ? request.isCareful !== true : Date.now() < this.#wellUntil;
    const isNative = isWell && this.#mayBeNative && nativeInFlight < MOST_NATIVE;
    return isNative ? this.#sendNative(request) : this.#sendCarefully(request);
  }

  close(): void {
    this.#careful?.close();
    this.#careful = undefined;
  }

  async #sendCarefully(request: FetchRequest): Promise<FetchResponse> {
    this.#wellUntil = 0;
    const { createFetch } = await import("./fetch_client.ts");
    this.#careful ??= createFetch(this.#settings);
    return this.#judge(await this.#careful.send(request));
  }

  #judge(response: FetchResponse): FetchResponse {
    this.#wellUntil = isDelimited(response) ? Date.now() + LONGEST_PAUSE_MS : 0;
    return response;
  }

  async #sendNative({ method, path, headers, body, signal }: FetchRequest): Promise<FetchResponse> {
    if (signal.aborted) throw new FetchError("aborted", "aborted", false);
    // Its idle connections would stand beside those of the global `fetch`.
    if (this.#careful !== undefined) this.close();
    nativeInFlight++;
    try {
      const response = await fetch(this.#settings.origin + path, {
        method,
        headers: joinValues(headers),
        body: body as BodyInit,
        signal,
        redirect: "manual",
        decompress: false,
        timeout: false,
      } as RequestInit);
      return this.#judge(new NativeResponse(response, signal));
    } catch (error) {
      nativeInFlight--;
      this.#wellUntil = 0;
      throw fetchError(error, signal);
    }
  }
}

/** An answer of the global `fetch`. It counts as in flight until its body is read. */
class NativeResponse implements FetchResponse {
  readonly #response: Response;
  readonly #signal: AbortSignal;

  constructor(response: Response, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  get status(): number {
    return this.#response.status;
  }

  header(name: string): string | undefined {
    return this.#response.headers.get(name) ?? undefined;
  }

  get headers(): FetchResponse["headers"] {
    const headers: Record<string, string | readonly string[]> = Object.fromEntries(this.#response.headers);
    const cookies = this.#response.headers.getSetCookie();
    if (cookies.length > 0) headers["set-cookie"] = cookies;
    return headers;
  }

  async bytes(limit: number): Promise<Uint8Array> {
    try {
      const length = this.#response.headers.get("content-length");
      if (length !== null && Number(length) <= limit) return await this.#response.bytes();
      return await this.#stream(limit);
    } catch (error) {
      throw fetchError(error, this.#signal);
    } finally {
      nativeInFlight--;
    }
  }

  async #stream(limit: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.#response.body ?? []) {
      length += chunk.length;
      // Leaving the loop cancels the body, which drops the connection.
      if (length > limit) throw new FetchError("too_large", "the answer is too large", true);
      chunks.push(chunk);
    }
    if (chunks.length === 1) return chunks[0]!;
    const whole = new Uint8Array(length);
    let offset = 0;
    for (const chunk of chunks) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    return whole;
  }
}

function joinValues(headers: FetchRequest["headers"]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name]!;
    joined[name] = typeof value === "string" ? value : value.join(", ");
  }
  return joined;
}

function isDelimited(response: FetchResponse): boolean {
  return response.header("content-length") !== undefined || response.header("transfer-encoding") !== undefined ||
    response.status === 204 || response.status === 304;
}

/** What Bun calls an answer that is no HTTP. */
const MALFORMED: ReadonlySet<unknown> = new Set([
  "Malformed_HTTP_Response",
  "InvalidContentLength",
  "InvalidHTTPResponse",
  "UnrequestedUpgrade",
]);

/** Errors before a connection are known by their codes; whatever else breaks may have been received. */
function fetchError(error: unknown, signal: AbortSignal): FetchError {
  if (signal.aborted) return new FetchError("aborted", "aborted", true);
  const { code } = error as { readonly code?: unknown };
  if (code === "ECONNREFUSED" || code === "ENOTFOUND") {
    return new FetchError("connection_refused", `connect ${code}`, false);
  }
  if (MALFORMED.has(code)) return new FetchError("bad_response", "the answer is no HTTP", true);
  return toFetchError(error, { secure: false, sent: true, stale: false });
}

function hasProxy(env: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(env["http_proxy"] || env["HTTP_PROXY"]);
}
