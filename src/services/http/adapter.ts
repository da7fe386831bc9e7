import { abortReason } from "../../base/abort.ts";
import { toError } from "../../base/errors.ts";
import type { JsonValue } from "../../base/json.ts";
import { type Clock, systemClock } from "../../engine/clock.ts";
import type {
  AttemptResult,
  AuthConfig,
  CallContext,
  CallRequest,
  FailedAttempt,
  ServiceAdapter,
  ServiceClient,
  ServiceConfig,
} from "../../engine/service.ts";
import {
  type Fetch,
  FetchError,
  type FetchFactory,
  type FetchRequest,
  type FetchResponse,
} from "../../runtime/fetch.ts";
import type { Authorizer } from "../auth.ts";
import { type Address, type Endpoint, parseEndpoint, redirectTarget, resolveAddress } from "./address.ts";
import { decodeAnswer, decompress } from "./answer.ts";
import { BadRequest } from "./bad_request.ts";
import { addQuery, encodeBody } from "./body.ts";
import { buildHeaders, type Headers } from "./headers.ts";
import {
  badInput,
  badResponse,
  isSafeVerb,
  parseRetryAfter,
  type RequestName,
  statusFailure,
  wireFailure,
} from "./status.ts";
import { readTls, TlsFileError } from "./tls.ts";

/** What the HTTP adapter works with. */
export interface HttpAdapterOptions {
  readonly fetch: FetchFactory;
  /** Reads a file of a service's TLS settings, at the first call that needs it. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** Carries out the `auth` of services; without it such a call is refused. Whoever made it closes it. */
  readonly authorizer?: Authorizer | undefined;
  /** Says what the date of a `Retry-After` is measured against. @default The machine's clock */
  readonly clock?: Clock | undefined;
}

/**
 * Makes the adapter for services of type `http`.
 *
 * Its clients watch the signal of a call and nothing else; the limit of the attempt is the caller's to enforce. A connection that breaks is
 * never used as a reason to send again, with one exception: GET and HEAD, which change nothing, are sent once more when a kept-alive connection turns
 * out to be closed. A POST that meets the same fate is `connection_lost`.
 */
export function createHttpAdapter(options: HttpAdapterOptions): ServiceAdapter {
  const tools: Tools = { ...options, clock: options.clock ?? systemClock };
  return { open: (config) => new HttpClient(config, tools) };
}

type Tools = HttpAdapterOptions & { readonly clock: Clock };

/** A call ready to be sent. */
interface Prepared extends RequestName {
  readonly endpoint: Endpoint;
  readonly request: CallRequest;
  readonly signal: AbortSignal;
  readonly isCareful: boolean;
  readonly headers: Headers;
  readonly body: string | Uint8Array | undefined;
  target: string;
}

const MOST_REDIRECTS = 5;

/** An answer that is only passed over is read up to here, so that its connection can serve again. */
const PASSED_OVER_BYTES = 64 * 1024;

/** Methods whose addresses a client remembers. */
const MOST_ADDRESSES = 200;

class HttpClient implements ServiceClient {
  readonly #config: ServiceConfig;
  readonly #tools: Tools;
  #endpoint: Endpoint | undefined;
  #fetch: Fetch | undefined;
  readonly #addresses = new Map<string, Address>();

  constructor(config: ServiceConfig, tools: Tools) {
    this.#config = config;
    this.#tools = tools;
  }

  async call(request: CallRequest, context: CallContext): Promise<AttemptResult> {
    let call: Prepared;
    try {
      call = this.#prepare(request, context);
    } catch (error) {
      if (error instanceof BadRequest) return badInput(error.message);
      throw error;
    }
    try {
      const fetch = this.#fetch ?? await this.#connect(call.endpoint);
      const hasCredentials = request.auth === undefined || call.headers["authorization"] !== undefined;
      return await (hasCredentials ? this.#exchange(call, fetch, false) : this.#authorized(call, fetch, request.auth!));
    } catch (error) {
      if (error instanceof TlsFileError) {
        return wireFailure(call, new FetchError("tls_error", error.message, false), "timeout");
      }
      if (error instanceof FetchError) return wireFailure(call, error, abortReason(context.signal));
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.#fetch?.close();
  }

  #prepare(request: CallRequest, context: CallContext): Prepared {
    const config = this.#config;
    const endpoint = this.#endpoint ??= checkedEndpoint(config);
    const { verb, target, path } = this.#address(endpoint, request.method);
    const body = encodeBody(verb, request, context.idempotencyKey);
    return {
      config,
      endpoint,
      request,
      signal: context.signal,
      isCareful: context.mattersIfSent && !isSafeVerb(verb),
      verb,
      path,
      target: addQuery(target, verb, request),
      headers: buildHeaders(config, request, context, body?.contentType),
      body: body?.content,
    };
  }

  /** Most methods are constant, so their addresses are found once. */
  #address(endpoint: Endpoint, method: string): Address {
    const known = this.#addresses.get(method);
    if (known !== undefined) return known;
    const address = resolveAddress(endpoint, method);
    if (this.#addresses.size < MOST_ADDRESSES) this.#addresses.set(method, address);
    return address;
  }

  async #connect(endpoint: Endpoint): Promise<Fetch> {
    const { tls } = this.#config;
    const contents = tls === undefined ? undefined : await readTls(tls, this.#tools.readFile);
    return this.#fetch ??= this.#tools.fetch({ origin: endpoint.origin, tls: contents });
  }

  /** Sends with the service's credentials; a token that is refused is renewed once. A header of the workflow's own wins. */
  async #authorized(call: Prepared, fetch: Fetch, auth: AuthConfig): Promise<AttemptResult> {
    const { authorizer } = this.#tools;
    if (authorizer === undefined) return badInput('There is nothing that could carry out "auth"');
    const first = await authorizer.authorize(auth, { signal: call.signal });
    if (!first.ok) return first;
    call.headers["authorization"] = first.header;
    const renewable = "oauth2" in auth;
    const result = await this.#exchange(call, fetch, renewable);
    if (result !== REFUSED) return result;
    const second = await authorizer.authorize(auth, { signal: call.signal, refused: first.header });
    if (!second.ok) return second;
    call.headers["authorization"] = second.header;
    return await this.#exchange(call, fetch, false);
  }

  async #exchange(call: Prepared, fetch: Fetch, renewable: false): Promise<AttemptResult>;
  async #exchange(call: Prepared, fetch: Fetch, renewable: boolean): Promise<AttemptResult | typeof REFUSED>;
  async #exchange(call: Prepared, fetch: Fetch, renewable: boolean): Promise<AttemptResult | typeof REFUSED> {
    for (let redirects = 0;; redirects++) {
      const response = await send(call, fetch);
      if (isExpected(call.request.expect, response.status)) return await this.#completed(call, response);
      if (renewable && response.status === 401) {
        await passOver(response);
        return REFUSED;
      }
      const location = isRedirect(response.status) ? response.header("location") : undefined;
      if (location === undefined) return await this.#failed(call, response);
      const target = isSafeVerb(call.verb) ? redirectTarget(call.endpoint, call.target, location) : undefined;
      await passOver(response);
      if (target === undefined || redirects === MOST_REDIRECTS) {
        return redirectFailure(call, response.status, location, target);
      }
      call.target = target;
    }
  }

  async #completed(call: Prepared, response: FetchResponse): Promise<AttemptResult> {
    const bytes = await this.#read(response);
    const decoded = typeof bytes === "string"
      ? { ok: false as const, problem: bytes }
      : decodeAnswer(bytes, contentType(response));
    if (!decoded.ok) return badResponse(call, decoded.problem);
    if (call.request.response !== "full") return { ok: true, output: decoded.body };
    return { ok: true, output: { status: response.status, headers: plainHeaders(response), body: decoded.body } };
  }

  /** The status decides, whatever becomes of the body; one that is not what it claims to be is shown as text. */
  async #failed(call: Prepared, response: FetchResponse): Promise<FailedAttempt> {
    const retryAfterMs = parseRetryAfter(response.header("retry-after"), this.#tools.clock.now());
    const bytes = await this.#read(response).catch(() => "");
    let details: JsonValue = null;
    if (typeof bytes !== "string") {
      const decoded = decodeAnswer(bytes, contentType(response));
      details = decoded.ok ? decoded.body : new TextDecoder().decode(bytes);
    }
    return statusFailure(call, response.status, details, retryAfterMs);
  }

  /** The body as the service meant it, or why it cannot be had. Rejects with a `FetchError`. */
  #read(response: FetchResponse): Promise<Uint8Array | string> {
    const encoding = response.header("content-encoding");
    if (encoding === undefined) return response.bytes(this.#config.maxResponse);
    return this.#readEncoded(response, encoding);
  }

  async #readEncoded(response: FetchResponse, encoding: string): Promise<Uint8Array | string> {
    const limit = this.#config.maxResponse;
    const bytes = await response.bytes(limit);
    try {
      return await decompress(bytes, encoding, limit) ?? `more than ${limit} bytes`;
    } catch (error) {
      return toError(error).message;
    }
  }
}

/** Marks a 401 after which a new token is worth a try. */
const REFUSED: unique symbol = Symbol("refused");

function checkedEndpoint(config: ServiceConfig): Endpoint {
  const endpoint = parseEndpoint(config.endpoint);
  if (config.tls !== undefined && endpoint.origin.startsWith("http:")) {
    throw new BadRequest(
      `Service "${config.name}" has tls settings but its endpoint ${endpoint.origin} is plaintext; write https://`,
    );
  }
  return endpoint;
}

function send(call: Prepared, fetch: Fetch): Promise<FetchResponse> {
  const request: FetchRequest = {
    method: call.verb,
    path: call.target === "" ? "/" : call.target,
    headers: call.headers,
    body: call.body,
    signal: call.signal,
    isCareful: call.isCareful,
  };
  return isSafeVerb(call.verb) ? sendSafely(request, fetch) : fetch.send(request);
}

/** What changes nothing may be sent once more where a kept-alive connection turned out to be closed. */
async function sendSafely(request: FetchRequest, fetch: Fetch): Promise<FetchResponse> {
  try {
    return await fetch.send(request);
  } catch (error) {
    if (error instanceof FetchError && error.stale && !request.signal.aborted) return await fetch.send(request);
    throw error;
  }
}

function isExpected(expect: CallRequest["expect"], status: number): boolean {
  if (expect === undefined) return status >= 200 && status <= 299;
  return expect.some((each) =>
    typeof each === "string" && /^[1-5]xx$/i.test(each) ? each[0] === String(status)[0] : Number(each) === status
  );
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

async function passOver(response: FetchResponse): Promise<void> {
  await response.bytes(PASSED_OVER_BYTES).catch(() => undefined);
}

function redirectFailure(call: Prepared, status: number, location: string, target: string | undefined): FailedAttempt {
  const why = !isSafeVerb(call.verb)
    ? `a redirect of ${call.verb} is not followed`
    : target === undefined
    ? "it leaves the service's origin"
    : `more than ${MOST_REDIRECTS} redirects`;
  return statusFailure(call, status, null, undefined, `: redirect to ${location.replace(/\?.*$/s, "")}; ${why}`);
}

function contentType(response: FetchResponse): string {
  return response.header("content-type") ?? "";
}

function plainHeaders(response: FetchResponse): { readonly [name: string]: JsonValue } {
  const headers: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(response.headers)) if (value !== undefined) headers[name] = value;
  return headers;
}
