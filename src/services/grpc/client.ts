import type { Metadata } from "@grpc/grpc-js";
import { toError } from "../../base/errors.ts";
import type {
  AttemptResult,
  AuthConfig,
  CallContext,
  CallRequest,
  FailedAttempt,
  ServiceClient,
  ServiceConfig,
} from "../../engine/service.ts";
import type { Authorization, AuthorizeOptions, Authorizer } from "../auth.ts";
import { Answers } from "./answers.ts";
import { locate } from "./bad_value.ts";
import { ChannelPool, type PooledChannel } from "./channel_pool.ts";
import { loadCredentials, type ReadFile } from "./credentials.ts";
import { parseEndpoint, type Target } from "./endpoint.ts";
import { exchange } from "./exchange.ts";
import { callMetadata, type MetadataLayers } from "./metadata.ts";
import { cutShort, failed, refused } from "./outcome.ts";
import { prepareCall, type PreparedCall } from "./prepare.ts";
import type { ReflectionOptions } from "./reflection.ts";
import { Schema } from "./schema.ts";
import { type SchemaAnswer, SchemaSource } from "./schema_source.ts";
import { type CalledService, connectionFailure, settle } from "./settle.ts";
import { codeName, UNIMPLEMENTED } from "./status.ts";

/** gRPC channels of a service where its configuration does not say. */
const DEFAULT_POOL_SIZE = 5;

/** What a client needs besides its configuration. */
export interface ClientOptions {
  readonly readFile: ReadFile;
  readonly authorizer?: Authorizer | undefined;
  readonly now: () => number;
}

/** What a client has once its files are read. */
interface Opened {
  readonly target: Target;
  readonly pool: ChannelPool;
  readonly schemas: SchemaSource;
}

/** One attempt: what is asked, with what, and how long there is. */
interface Attempt extends ReflectionOptions {
  readonly request: CallRequest;
  readonly metadata: Metadata;
}

/** A gRPC service: its channels and its schema. */
export class GrpcClient implements ServiceClient {
  readonly #config: ServiceConfig;
  readonly #options: ClientOptions;
  #opened: Opened | undefined;
  #opening: Promise<Opened | FailedAttempt> | undefined;
  #isClosed = false;

  constructor(config: ServiceConfig, options: ClientOptions) {
    this.#config = config;
    this.#options = options;
  }

  async call(request: CallRequest, context: CallContext): Promise<AttemptResult> {
    if (context.aborted !== undefined) return cutShort(context.aborted, false, false);
    const limitMs = context.deadline === undefined
      ? context.attemptTimeoutMs
      : Math.min(context.attemptTimeoutMs, context.deadline - this.#options.now());
    if (limitMs <= 0) return cutShort("timeout", false, false);
    let metadata: Metadata;
    try {
      metadata = callMetadata(request.headers, context, this.#config.idempotencyHeader, limitMs);
    } catch (thrown) {
      return refused("bad_input", locate(thrown).describe("metadata"));
    }
    const opened = this.#opened ?? await this.#open();
    if ("ok" in opened) return opened;
    const { signal } = context;
    const attempt = { request, metadata, headers: request.headers, signal, timeLeft: countdown(limitMs) };
    if (request.auth === undefined || metadata.get("authorization").length > 0) {
      return await this.#attempt(opened, attempt);
    }
    return await this.#authorized(opened, attempt, request.auth);
  }

  /** The schema, asked for by reflection where the configuration holds no descriptors, with metadata and credentials as in a call. */
  async schema(
    { headers, auth }: Pick<CallRequest, "headers" | "auth">,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Schema | FailedAttempt> {
    const opened = this.#opened ?? await this.#open();
    if ("ok" in opened) return opened;
    if (auth !== undefined && !headers.some(hasAuthorization)) {
      const authorization = await this.#authorize(auth, { signal });
      if (!authorization.ok) return authorization;
      return await this.schema({ headers: [...headers, { authorization: authorization.header }] }, timeoutMs, signal);
    }
    const schema = await opened.schemas.load(opened.pool.take(), { headers, signal, timeLeft: countdown(timeoutMs) });
    return schema instanceof Schema ? schema : this.#schemaFailure(schema, opened);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#opened?.pool.close();
    this.#opened = undefined;
    return Promise.resolve();
  }

  /** Calls with the service's credentials; a token that is refused is renewed once. */
  async #authorized(
    opened: Opened,
    attempt: Attempt,
    auth: AuthConfig,
  ): Promise<AttemptResult> {
    const { signal, metadata, headers } = attempt;
    let refusedHeader: string | undefined;
    while (true) {
      const authorization = await this.#authorize(auth, { signal, refused: refusedHeader });
      if (!authorization.ok) return authorization;
      const { header } = authorization;
      metadata.set("authorization", header);
      const result = await this.#attempt(opened, { ...attempt, headers: [...headers, { authorization: header }] });
      const isRefused = !result.ok && result.failure.code === "UNAUTHENTICATED";
      if (!isRefused || refusedHeader !== undefined || !("oauth2" in auth)) return result;
      refusedHeader = header;
    }
  }

  async #authorize(auth: AuthConfig, options: AuthorizeOptions): Promise<Authorization> {
    const { authorizer } = this.#options;
    if (authorizer === undefined) return refused("bad_input", 'There is nothing that could carry out "auth"');
    return await authorizer.authorize(auth, options);
  }

  async #attempt(opened: Opened, attempt: Attempt): Promise<AttemptResult> {
    const { request, metadata, signal } = attempt;
    const channel = opened.pool.take();
    const found = await this.#prepare(opened, channel, attempt);
    if ("ok" in found) return found;
    const { schema, prepared: { method, messages } } = found;
    const answers = new Answers(method, request);
    const receive = (message: Uint8Array): boolean => answers.receive(message);
    const result = await exchange(channel, { path: method.path, metadata, messages, receive, signal });
    if (result.end.by === "status" && result.end.status.code === UNIMPLEMENTED) opened.schemas.outdate(schema);
    return settle(result, { service: this.#service(opened), request, schema, answers, isReadOnly: method.isReadOnly });
  }

  /** Finds the method and encodes the input; by a new schema, if what the server said long ago does not fit. */
  async #prepare(
    opened: Opened,
    channel: PooledChannel,
    attempt: Attempt,
  ): Promise<{ readonly schema: Schema; readonly prepared: PreparedCall } | FailedAttempt> {
    for (let isSecond = false;; isSecond = true) {
      const schema = opened.schemas.current ?? await opened.schemas.load(channel, attempt);
      if (!(schema instanceof Schema)) return this.#schemaFailure(schema, opened);
      const prepared = prepareCall(schema, attempt.request, this.#config);
      if (!("ok" in prepared)) return { schema, prepared };
      if (isSecond || !opened.schemas.outdate(schema)) return prepared;
    }
  }

  #schemaFailure(answer: Exclude<SchemaAnswer, Schema>, opened: Opened): FailedAttempt {
    if (typeof answer === "string") return cutShort(answer, false, false);
    const { name } = this.#config;
    const remedy = 'give its "proto:" files or a "descriptor_set:"';
    if (answer.problem === "not_offered") {
      return refused("UNIMPLEMENTED", `Service "${name}" does not offer server reflection; ${remedy}`);
    }
    if (answer.problem === "unusable") {
      return refused("bad_response", `The reflection of service "${name}" is unusable: ${answer.reason}; ${remedy}`);
    }
    const { end } = answer.result;
    if (end.by === "cut") return cutShort(end.reason, false, false);
    const connection = connectionFailure(answer.result, this.#service(opened));
    if (connection !== undefined) return connection;
    const [code, details] = end.by === "status" ? [codeName(end.status.code), end.status.details] : ["UNKNOWN", ""];
    const message = `Server reflection of service "${name}" failed: ${details || code}`;
    return failed({ code, message, wasSent: false, isReadOnly: false, noEffectOn: [] });
  }

  #service({ target }: Opened): CalledService {
    return { config: this.#config, isTls: target.isTls || this.#config.tls !== undefined };
  }

  /** Reads the files of the configuration, once for all first calls; a failure is not kept. */
  async #open(): Promise<Opened | FailedAttempt> {
    if (this.#isClosed) return refused("cancelled", `Service "${this.#config.name}" is closed`);
    this.#opening ??= this.#load();
    const opened = await this.#opening;
    this.#opening = undefined;
    if ("ok" in opened) return opened;
    if (this.#isClosed) opened.pool.close();
    return this.#opened = opened;
  }

  async #load(): Promise<Opened | FailedAttempt> {
    const { name, endpoint, tls, poolSize, maxResponse, descriptors } = this.#config;
    const fail = (code: string, thrown: unknown): FailedAttempt =>
      refused(code, `Service "${name}": ${toError(thrown).message}`);
    let target: Target;
    let schemas: SchemaSource;
    try {
      target = parseEndpoint(endpoint);
      schemas = new SchemaSource(descriptors, this.#options.now);
    } catch (thrown) {
      return fail("bad_input", thrown);
    }
    try {
      const settings = tls ?? (target.isTls ? {} : undefined);
      const credentials = await loadCredentials(settings, target.host, this.#options.readFile);
      const size = poolSize ?? DEFAULT_POOL_SIZE;
      const { address } = target;
      const pool = new ChannelPool({ address, credentials, size, maxResponse, serverName: tls?.serverName });
      return { target, schemas, pool };
    } catch (thrown) {
      return fail("tls_error", thrown);
    }
  }
}

function hasAuthorization(layer: MetadataLayers[number]): boolean {
  return Object.keys(layer).some((name) => name.toLowerCase() === "authorization");
}

/** Gives a function that tells how many milliseconds of a limit are left. */
function countdown(limitMs: number): () => number {
  const endsAt = performance.now() + limitMs;
  return () => Math.max(0, endsAt - performance.now());
}
