/** Where a `Fetch` connects to and how. */
export interface FetchSettings {
  /** Scheme, host and port, as `URL.origin` writes them. */
  readonly origin: string;
  /** Contents of PEM files. Only read where the origin is `https`. */
  readonly tls?: FetchTls | undefined;
  /**
   * Where `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case, are looked up.
   *
   * @default The process's environment
   */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>> | undefined;
}

/** TLS settings of one origin. */
export interface FetchTls {
  /** Authorities that are trusted instead of the system's. */
  readonly ca?: string | undefined;
  /** The client's certificate, with `key`. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that is asked for and that the certificate must carry, instead of the host's. */
  readonly serverName?: string | undefined;
}

/** One request. Everything in it is valid: header names are tokens, values and the path hold no control characters. */
export interface FetchRequest {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Its length is sent as `content-length`. */
  readonly body: string | Uint8Array | undefined;
  /** Cuts the connection, also while the body of the answer is read. */
  readonly signal: AbortSignal;
  /** Whether it matters, should the request fail, if it was sent. @default false */
  readonly isCareful?: boolean | undefined;
}

/** The head of an answer. Its body must be read, also where nobody wants it. */
export interface FetchResponse {
  readonly status: number;
  /** One header by its lower-case name; a repeated one is joined with `, `. */
  header(name: string): string | undefined;
  /** Names in lower case. Repeated headers are joined with `, `, except `set-cookie`, which is always a list. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * Reads the body, undecoded.
   *
   * Rejects with a `FetchError`; with code `too_large` as soon as there are more than `limit` bytes, and the connection is dropped.
   */
  bytes(limit: number): Promise<Uint8Array>;
}

/**
 * Sends requests to one origin over kept-alive connections.
 *
 * It does what it is told and nothing more: no redirects, no cookies, no decompression, no limits of time, and above all no second sending of
 * a request whose connection broke.
 */
export interface Fetch {
  /** Rejects with a `FetchError` when no head of an answer arrives. */
  send(request: FetchRequest): Promise<FetchResponse>;
  /** Lets requests in flight finish and closes the idle connections, then the others as they become idle. */
  close(): void;
}

/** Opens a `Fetch`. Opening does no I/O. Throws a `FetchError` (`bad_input`) for a proxy in the environment that is no URL. */
export type FetchFactory = (settings: FetchSettings) => Fetch;

/** What went wrong on the wire. */
export type FetchErrorCode =
  /** No connection came about, or no such host. */
  | "connection_refused"
  | "tls_error"
  | "connection_lost"
  /** The other side does not speak HTTP/1.1. */
  | "bad_response"
  | "too_large"
  /** The request's signal was aborted. */
  | "aborted"
  /** The request cannot be written down. */
  | "bad_input";

/** What a `Fetch` rejects with. Its message has no address in it. */
export class FetchError extends Error {
  override readonly name = "FetchError";
  readonly code: FetchErrorCode;
  /** Whether the service may have received the request. False only where it surely has not. */
  readonly sent: boolean;
  /** Whether the connection had served before and broke without a byte of answer: most likely it was closed while idle. */
  readonly stale: boolean;

  constructor(code: FetchErrorCode, message: string, sent: boolean, stale = false) {
    super(message);
    this.code = code;
    this.sent = sent;
    this.stale = stale;
  }
}
