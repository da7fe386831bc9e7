import { abortReason } from "../base/abort.ts";
import { textToBase64 } from "../base/base64.ts";
import { canonicalJson, isJsonObject, type JsonValue } from "../base/json.ts";
import { truncate } from "../base/text.ts";
import { type Clock, systemClock } from "../engine/clock.ts";
import { failure } from "../engine/failure.ts";
import type { AuthConfig, FailedAttempt } from "../engine/service.ts";
import { type Fetch, FetchError, type FetchFactory } from "../runtime/fetch.ts";
import { classOfStatus, parseRetryAfter } from "./http/status.ts";

/** The value of an `authorization` header, or why there is none. A failure never says that the service acted: it was not called. */
export type Authorization = { readonly ok: true; readonly header: string } | FailedAttempt;

/** What goes with one request for an authorization. */
export interface AuthorizeOptions {
  /** Ends the caller's waiting; a token request that others wait for goes on. */
  readonly signal: AbortSignal;
  /** The header that the service has just refused: the token behind it is not given out again. */
  readonly refused?: string | undefined;
}

/** Makes `authorization` headers; tokens are shared by all services with equal settings. */
export interface Authorizer {
  /** Never rejects. At most one token request is under way per settings. */
  authorize(auth: AuthConfig, options: AuthorizeOptions): Promise<Authorization>;
  /** Closes the connections to the token servers. */
  close(): void;
}

/** What an `Authorizer` works with. */
export interface AuthorizerOptions {
  readonly fetch: FetchFactory;
  /** @default The machine's clock */
  readonly clock?: Clock | undefined;
  /** Hears whatever could give a credential away, before it is sent: whole headers, encoded passwords, tokens. */
  readonly onSecret?: ((secret: string) => void) | undefined;
}

type OAuth2 = Extract<AuthConfig, { oauth2: unknown }>["oauth2"];

const TOKEN_TIMEOUT_MS = 30_000;
const LONGEST_TOKEN_ANSWER = 1024 * 1024;
const MOST_SHOWN = 200;

/** A token is renewed before it expires, so that it does not expire on the way: by this much, or a tenth of its life. */
const EARLY_MS = 30_000;

/** Makes an `Authorizer`. Basic credentials are encoded (RFC 7617); OAuth 2 tokens come from the client credentials grant (RFC 6749, 4.4). */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  return new TokenCache(options);
}

interface Token {
  readonly header: string;
  readonly expiresAt: number;
}

class TokenCache implements Authorizer {
  readonly #fetch: FetchFactory;
  readonly #clock: Clock;
  readonly #onSecret: (secret: string) => void;
  readonly #tokens = new Map<string, Token>();
  readonly #pending = new Map<string, Promise<Authorization>>();
  readonly #servers = new Map<string, Fetch>();

  constructor({ fetch, clock = systemClock, onSecret = () => {} }: AuthorizerOptions) {
    this.#fetch = fetch;
    this.#clock = clock;
    this.#onSecret = onSecret;
  }

  async authorize(auth: AuthConfig, { signal, refused }: AuthorizeOptions): Promise<Authorization> {
    if ("basic" in auth) return { ok: true, header: this.#basic(auth.basic.user, auth.basic.password) };
    const key = canonicalJson(auth.oauth2);
    const token = this.#tokens.get(key);
    if (token !== undefined && token.header !== refused && token.expiresAt > this.#clock.now()) {
      return { ok: true, header: token.header };
    }
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      this.#tokens.delete(key);
      pending = this.#request(key, auth.oauth2).finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    return await untilAborted(pending, signal);
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  async #request(key: string, settings: OAuth2): Promise<Authorization> {
    const url = URL.parse(settings.token_url);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      return refusal("bad_input", `Token URL "${settings.token_url}" is no http:// or https:// URL`);
    }
    const place = url.origin + url.pathname;
    const limit = new AbortController();
    const stop = this.#clock.after(TOKEN_TIMEOUT_MS, () => limit.abort("timeout"));
    try {
      const answer = await this.#server(url.origin).send({
        method: "POST",
        path: url.pathname + url.search,
        headers: {
          authorization: this.#basic(
            encodeURIComponent(settings.client_id),
            encodeURIComponent(settings.client_secret),
          ),
          "content-type": "application/x-www-form-urlencoded",
          accept: "application/json",
          "user-agent": "maestro",
        },
        body: grant(settings),
        signal: limit.signal,
      });
      const text = new TextDecoder().decode(await answer.bytes(LONGEST_TOKEN_ANSWER));
      if (answer.status < 200 || answer.status > 299) {
        const retryAfter = answer.header("retry-after");
        return statusRefusal(place, answer.status, text, parseRetryAfter(retryAfter, this.#clock.now()));
      }
      return this.#accept(key, place, text);
    } catch (error) {
      return wireRefusal(place, error);
    } finally {
      stop();
    }
  }

  #accept(key: string, place: string, text: string): Authorization {
    const answer = parseObject(text);
    const token = answer?.["access_token"];
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
      return { ...refusal("bad_response", `Answer of ${place} has no usable access_token`), retryable: false };
    }
    const header = this.#header("Bearer", token);
    const lifeMs = Number(answer?.["expires_in"] ?? Number.POSITIVE_INFINITY) * 1_000;
    const early = Math.min(EARLY_MS, lifeMs / 10);
    const expiresAt = Number.isNaN(lifeMs) ? Number.POSITIVE_INFINITY : this.#clock.now() + lifeMs - early;
    this.#tokens.set(key, { header, expiresAt });
    return { ok: true, header };
  }

  #basic(user: string, password: string): string {
    return this.#header("Basic", textToBase64(`${user}:${password}`));
  }

  #header(scheme: string, credentials: string): string {
    const header = `${scheme} ${credentials}`;
    this.#onSecret(header);
    this.#onSecret(credentials);
    return header;
  }

  #server(origin: string): Fetch {
    let server = this.#servers.get(origin);
    if (server === undefined) this.#servers.set(origin, server = this.#fetch({ origin }));
    return server;
  }
}

function grant(settings: OAuth2): string {
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (settings.scopes !== undefined && settings.scopes.length > 0) form.set("scope", settings.scopes.join(" "));
  if (settings.audience !== undefined) form.set("audience", settings.audience);
  return form.toString();
}

function statusRefusal(place: string, status: number, text: string, retryAfterMs: number | undefined): Authorization {
  const shown = text === "" ? "" : `: ${truncate(text, MOST_SHOWN)}`;
  const unlucky = classOfStatus(status) !== "permanent";
  return {
    ok: false,
    failure: failure(`http_${status}`, `Token request to ${place} failed with HTTP ${status}${shown}`, { status }),
    class: unlucky ? "transient" : "permanent",
    mayHaveActed: false,
    retryAfterMs,
  };
}

function wireRefusal(place: string, error: unknown): Authorization {
  if (!(error instanceof FetchError)) {
    return refusal("bad_response", `Token request to ${place} failed: ${String(error)}`);
  }
  if (error.code === "too_large") return refusal("bad_response", `Answer of ${place} is too large`);
  const code = error.code === "aborted" ? "timeout" : error.code;
  const message = error.code === "aborted"
    ? `No answer in time from ${place}`
    : `Token request to ${place} failed: ${error.message}`;
  return refusal(code, message, error.code !== "tls_error" && error.code !== "bad_input");
}

function refusal(code: string, message: string, mayPass = false): FailedAttempt {
  return {
    ok: false,
    failure: failure(code, message),
    class: mayPass ? "transient" : "permanent",
    mayHaveActed: false,
  };
}

/** Waits for a shared promise until the caller's own signal is aborted. */
function untilAborted(pending: Promise<Authorization>, signal: AbortSignal): Promise<Authorization> {
  return new Promise((resolve) => {
    const leave = (): void =>
      resolve(refusal(abortReason(signal), "Ended while waiting for a token; nothing was sent", true));
    if (signal.aborted) return leave();
    signal.addEventListener("abort", leave, { once: true });
    void pending.then((result) => {
      signal.removeEventListener("abort", leave);
      resolve(result);
    });
  });
}

function parseObject(text: string): { readonly [key: string]: JsonValue } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
