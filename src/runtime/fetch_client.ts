import { Buffer } from "node:buffer";
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as sendPlain,
} from "node:http";
import { Agent as SecureAgent, type AgentOptions as SecureAgentOptions, request as sendSecure } from "node:https";
import type { Socket } from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import type { Fetch, FetchFactory, FetchRequest, FetchResponse, FetchSettings, FetchTls } from "./fetch.ts";
import { FetchError } from "./fetch.ts";
import { toFetchError } from "./fetch_errors.ts";

/**
 * Servers close idle connections after five seconds or more. Closing ours sooner leaves no time in which a request can be written into
 * a connection that the other side is just closing.
 */
const IDLE_MS = 4_000;

const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Opens connections through `node:http`, which behaves the same on Bun, Deno and Node.
 *
 * The runtimes' own `fetch` is unfit for calls that act. Measured on Bun 1.4, Deno 2.9 and Node 22: Deno sends a request whose connection
 * broke a second time, POST too; Bun holds at most 256 requests for the whole process, so that one service that hangs starves all others; Deno
 * and Node refuse ports such as 6000 and 10080; Node gives up after 300 s and takes four times as long per call; and none tells whether
 * a connection had come about before a time limit passed.
 */
export const createFetch: FetchFactory = (settings) => new HttpClient(settings);

class HttpClient implements Fetch {
  readonly #target: { readonly protocol: string; readonly hostname: string; readonly port: string };
  readonly #secure: boolean;
  readonly #agent: Agent;
  /** Requests that were given a connection that had served before. */
  readonly #reusing = new WeakSet<ClientRequest>();
  #closed = false;

  constructor(settings: FetchSettings) {
    const { protocol, hostname, port } = new URL(settings.origin);
    this.#target = { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port };
    this.#secure = protocol === "https:";
    const proxyEnv = settings.proxyEnv ?? process.env;
    checkProxy(proxyEnv, this.#secure ? "https_proxy" : "http_proxy");
    const options = { keepAlive: true, timeout: IDLE_MS, proxyEnv };
    this.#agent = this.#secure ? new SecureAgent({ ...options, ...tlsOptions(settings.tls) }) : new Agent(options);
    this.#adoptConnections();
  }

  send(request: FetchRequest): Promise<FetchResponse> {
    return new Promise((resolve, reject) => {
      if (request.signal.aborted) return reject(new FetchError("aborted", "aborted", false));
      try {
        const wire = this.#open(request);
        new Exchange(wire, this.#secure, request.signal, this.#reusing, resolve, reject);
        wire.end(request.body);
      } catch (error) {
        reject(new FetchError("bad_input", error instanceof Error ? error.message : String(error), false));
      }
    });
  }

  close(): void {
    this.#closed = true;
    for (const idle of Object.values(this.#agent.freeSockets)) for (const socket of idle ?? []) socket.destroy();
  }

  #open(request: FetchRequest): ClientRequest {
    const headers: Record<string, string | readonly string[] | number> = { ...request.headers };
    if (request.body !== undefined) headers["content-length"] = Buffer.byteLength(request.body);
    const send = this.#secure ? sendSecure : sendPlain;
    return send({
      ...this.#target,
      method: request.method,
      path: request.path,
      headers: headers as OutgoingHttpHeaders,
      agent: this.#agent,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
  }

  /** Keeps no connection after `close`, and keeps Deno from sending a request again by itself when a reused connection breaks. */
  #adoptConnections(): void {
    const agent = this.#agent as Agent & ConnectionHooks;
    const keepSocketAlive = agent.keepSocketAlive;
    agent.keepSocketAlive = (socket) => !this.#closed && keepSocketAlive.call(agent, socket);
    const reuseSocket = agent.reuseSocket;
    agent.reuseSocket = (socket, request) => {
      reuseSocket.call(agent, socket, request);
      this.#reusing.add(request);
      request.reusedSocket = false;
    };
  }
}

/** The documented hooks of an agent. */
interface ConnectionHooks {
  keepSocketAlive(socket: Duplex): boolean;
  reuseSocket(socket: Duplex, request: ClientRequest): void;
}

/** A proxy that cannot be used is ignored by some runtimes, and thrown with its password by others. Throws a `FetchError`. */
function checkProxy(env: Readonly<Record<string, string | undefined>>, name: string): void {
  for (const variable of [name, name.toUpperCase()]) {
    const value = env[variable];
    if (value === undefined || value === "" || /^https?:$/.test(URL.parse(value)?.protocol ?? "")) continue;
    throw new FetchError("bad_input", `the environment variable ${variable} is no http:// or https:// URL`, false);
  }
}

function tlsOptions(tls: FetchTls | undefined): SecureAgentOptions {
  const options: SecureAgentOptions = {};
  if (tls?.ca !== undefined) options.ca = tls.ca;
  if (tls?.cert !== undefined) options.cert = tls.cert;
  if (tls?.key !== undefined) options.key = tls.key;
  if (tls?.serverName !== undefined) options.servername = tls.serverName;
  return options;
}

/** One request and its answer, from the first byte sent to the last received. */
class Exchange implements FetchResponse {
  readonly #wire: ClientRequest;
  readonly #secure: boolean;
  readonly #signal: AbortSignal;
  readonly #reusing: WeakSet<ClientRequest>;
  /** Takes an error: at first the caller of `send`, then the reader of the body. */
  #reject: (error: FetchError) => void;
  #sent = false;
  #answer: IncomingMessage | undefined;
  /** What ended the exchange. A broken body is reported twice, at first exactly and then as "aborted". */
  #error: FetchError | undefined;

  constructor(
    wire: ClientRequest,
    secure: boolean,
    signal: AbortSignal,
    reusing: WeakSet<ClientRequest>,
    resolve: (response: FetchResponse) => void,
    reject: (error: FetchError) => void,
  ) {
    this.#wire = wire;
    this.#secure = secure;
    this.#signal = signal;
    this.#reusing = reusing;
    this.#reject = reject;
    signal.addEventListener("abort", this);
    wire.once("socket", (socket) => this.#watchConnection(socket));
    wire.on("error", (error) => this.#answer?.complete || this.#fail(error));
    wire.once("upgrade", (_, socket) => {
      socket.destroy();
      this.#fail(new FetchError("bad_response", "the service switches to another protocol", true));
    });
    wire.once(
      "close",
      () => this.#answer ?? this.#fail(new FetchError("connection_lost", "the connection was closed", true)),
    );
    wire.once("response", (answer) => {
      this.#answer = answer;
      answer.on("error", (error) => this.#fail(error));
      answer.once("end", () => this.#signal.removeEventListener("abort", this));
      resolve(this);
    });
  }

  get status(): number {
    return this.#answer!.statusCode!;
  }

  header(name: string): string | undefined {
    const value = this.#answer!.headers[name];
    return typeof value === "string" || value === undefined ? value : value.join(", ");
  }

  get headers(): FetchResponse["headers"] {
    return this.#answer!.headers;
  }

  bytes(limit: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) return reject(this.#error);
      this.#reject = reject;
      const answer = this.#answer!;
      const chunks: Uint8Array[] = [];
      let length = 0;
      answer.on("data", (chunk: Uint8Array) => {
        length += chunk.length;
        if (length > limit) return this.#fail(new FetchError("too_large", "the answer is too large", true));
        chunks.push(chunk);
      });
      answer.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    });
  }

  /** The signal's abort. */
  handleEvent(): void {
    this.#fail(new FetchError("aborted", "aborted", this.#sent));
  }

  /** A new connection carries nothing before it is made; one handed over ready may have carried the request at once. */
  #watchConnection(socket: Socket): void {
    if (socket.connecting) socket.once(this.#secure ? "secureConnect" : "connect", () => this.#sent = true);
    else this.#sent = true;
  }

  /** Ends the exchange. An error of the wire after the last byte of the answer never gets here: it is not about this answer. */
  #fail(thrown: unknown): void {
    if (this.#error !== undefined) return;
    const stale = this.#answer === undefined && this.#reusing.has(this.#wire);
    this.#error = toFetchError(thrown, { secure: this.#secure, sent: this.#sent, stale });
    this.#signal.removeEventListener("abort", this);
    this.#wire.destroy();
    this.#reject(this.#error);
  }
}
