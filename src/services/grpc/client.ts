import type { Metadata } from "@grpc/grpc-js";
import { toError } from "../../base/errors.ts";
import type { AttemptResult, CallContext, CallRequest, ServiceClient, ServiceConfig } from "../../engine/service.ts";
import { Answers } from "./answers.ts";
import { locate } from "./bad_value.ts";
import { ChannelPool, type PooledChannel } from "./channel_pool.ts";
import { loadCredentials, type ReadFile } from "./credentials.ts";
import { parseEndpoint, type Target } from "./endpoint.ts";
import { abortReason, exchange } from "./exchange.ts";
import { callMetadata, type MetadataLayers } from "./metadata.ts";
import { cutShort, failed, type FailedAttempt, refused } from "./outcome.ts";
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
  readonly now: () => number;
}

/** What a client has once its files are read. */
interface Opened {
  readonly target: Target;
  readonly pool: ChannelPool;
  readonly schemas: SchemaSource;
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
    const { signal } = context;
    if (signal.aborted) return cutShort(abortReason(signal), false, false);
    const limitMs = context.deadline === undefined
      ? context.attemptTimeoutMs
      : Math.min(context.attemptTimeoutMs, context.deadline - this.#options.now());
    if (limitMs <= 0) return cutShort("timeout", false, false);
    const endsAt = performance.now() + limitMs;
    let metadata: Metadata;
    try {
      metadata = callMetadata(request.headers, context, this.#config.idempotencyHeader, limitMs);
    } catch (thrown) {
      return refused("bad_input", locate(thrown).describe("metadata"));
    }
    const opened = this.#opened ?? await this.#open();
    if ("ok" in opened) return opened;
    const channel = opened.pool.take();
    const limits = { headers: request.headers, signal, timeLeft: () => Math.max(0, endsAt - performance.now()) };
    const found = await this.#prepare(opened, channel, request, limits);
    if ("ok" in found) return found;
    const { schema, prepared: { method, messages } } = found;
    const answers = new Answers(method, request);
    const result = await exchange(channel, {
      path: method.path,
      metadata,
      messages,
      receive: (message) => answers.receive(message),
      timeoutMs: limits.timeLeft(),
      signal,
    });
    if (result.end.by === "status" && result.end.status.code === UNIMPLEMENTED) opened.schemas.outdate(schema);
    return settle(result, { service: this.#service(opened), request, schema, answers, isReadOnly: method.isReadOnly });
  }

  /** The schema, asked for by reflection where the configuration holds no descriptors. */
  async schema(headers: MetadataLayers, timeoutMs: number, signal: AbortSignal): Promise<Schema | FailedAttempt> {
    const endsAt = performance.now() + timeoutMs;
    const opened = this.#opened ?? await this.#open();
    if ("ok" in opened) return opened;
    const limits = { headers, signal, timeLeft: () => Math.max(0, endsAt - performance.now()) };
    const schema = await opened.schemas.load(opened.pool.take(), limits);
    return schema instanceof Schema ? schema : this.#schemaFailure(schema, opened);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#opened?.pool.close();
    return Promise.resolve();
  }

  /** Finds the method and encodes the input; by a new schema, if what the server said long ago does not fit. */
  async #prepare(
    opened: Opened,
    channel: PooledChannel,
    request: CallRequest,
    limits: ReflectionOptions,
  ): Promise<{ readonly schema: Schema; readonly prepared: PreparedCall } | FailedAttempt> {
    for (let isSecond = false;; isSecond = true) {
      const schema = opened.schemas.current ?? await opened.schemas.load(channel, limits);
      if (!(schema instanceof Schema)) return this.#schemaFailure(schema, opened);
      const prepared = prepareCall(schema, request, this.#config);
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

  async #open(): Promise<Opened | FailedAttempt> {
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
      const credentials = await loadCredentials(
        tls ?? (target.isTls ? {} : undefined),
        target.host,
        this.#options.readFile,
      );
      const { address } = target;
      const size = poolSize ?? DEFAULT_POOL_SIZE;
      return {
        target,
        schemas,
        pool: new ChannelPool({ address, credentials, size, maxResponse, serverName: tls?.serverName }),
      };
    } catch (thrown) {
      return fail("tls_error", thrown);
    }
  }
}
