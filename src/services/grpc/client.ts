import type { Metadata } from "@grpc/grpc-js";
import { toError } from "../../base/errors.ts";
import type { AttemptResult, CallContext, CallRequest, ServiceClient, ServiceConfig } from "../../engine/service.ts";
import { Answers } from "./answers.ts";
import { locate } from "./bad_value.ts";
import { ChannelPool, type PooledChannel } from "./channel_pool.ts";
import { loadCredentials, type ReadFile } from "./credentials.ts";
import { parseEndpoint, type Target } from "./endpoint.ts";
import { exchange } from "./exchange.ts";
import { buildMetadata } from "./metadata.ts";
import { cutShort, failed, type FailedAttempt, refused } from "./outcome.ts";
import { prepareCall, type PreparedCall } from "./prepare.ts";
import { Schema } from "./schema.ts";
import { type SchemaAnswer, SchemaSource } from "./schema_source.ts";
import { connectionFailure, settle } from "./settle.ts";
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

/** What the parts of one attempt share. */
interface Attempt {
  readonly request: CallRequest;
  readonly metadata: Metadata;
  readonly channel: PooledChannel;
  readonly signal: AbortSignal;
  readonly timeLeft: () => number;
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
    if (signal.aborted) return cutShort(signal.reason === "timeout" ? "timeout" : "cancelled", false, false);
    const limitMs = context.deadline === undefined
      ? context.attemptTimeoutMs
      : Math.min(context.attemptTimeoutMs, context.deadline - this.#options.now());
    if (limitMs <= 0) return cutShort("timeout", false, false);
    const endsAt = performance.now() + limitMs;
    let metadata: Metadata;
    try {
      metadata = buildMetadata(request, context, this.#config.idempotencyHeader, limitMs);
    } catch (thrown) {
      return refused("bad_input", locate(thrown).describe("metadata"));
    }
    const opened = this.#opened ?? await this.#open();
    if ("ok" in opened) return opened;
    const timeLeft = () => Math.max(0, endsAt - performance.now());
    return await this.#attempt(opened, { request, metadata, channel: opened.pool.take(), signal, timeLeft });
  }

  /** The descriptors as far as they are known, else asked for by reflection. For checks before a run. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#opened?.pool.close();
    return Promise.resolve();
  }

  async #attempt(opened: Opened, attempt: Attempt): Promise<AttemptResult> {
    const { request, channel, metadata, signal, timeLeft } = attempt;
    const found = await this.#prepare(opened, attempt);
    if ("ok" in found) return found;
    const { schema, prepared: { method, messages } } = found;
    const answers = new Answers(method, request);
    const result = await exchange(channel, {
      path: method.path,
      metadata,
      messages,
      receive: (message) => answers.receive(message),
      timeoutMs: timeLeft(),
      signal,
    });
    if (result.end.by === "status" && result.end.status.code === UNIMPLEMENTED) opened.schemas.outdate(schema);
    const { config, isTls } = { config: this.#config, isTls: this.#isTls(opened.target) };
    return settle(result, { config, isTls, request, schema, answers, isReadOnly: method.isReadOnly });
  }

  /** Finds the method and encodes the input; by a new schema, if what the server said long ago does not fit. */
  async #prepare(
    opened: Opened,
    attempt: Attempt,
  ): Promise<{ readonly schema: Schema; readonly prepared: PreparedCall } | FailedAttempt> {
    for (let isSecond = false;; isSecond = true) {
      const schema = opened.schemas.current ?? await opened.schemas.load(attempt.channel, attempt);
      if (!(schema instanceof Schema)) return this.#schemaFailure(schema, opened.target);
      const prepared = prepareCall(schema, attempt.request, this.#config);
      if (!("ok" in prepared)) return { schema, prepared };
      if (isSecond || !opened.schemas.outdate(schema)) return prepared;
    }
  }

  #schemaFailure(answer: Exclude<SchemaAnswer, Schema>, target: Target): FailedAttempt {
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
    const connection = connectionFailure(answer.result, { config: this.#config, isTls: this.#isTls(target) });
    if (connection !== undefined) return connection;
    const [code, details] = end.by === "status" ? [codeName(end.status.code), end.status.details] : ["UNKNOWN", ""];
    const message = `Server reflection of service "${name}" failed: ${details || code}`;
    return failed({ code, message, wasSent: false, isReadOnly: false, noEffectOn: [] });
  }

  #isTls(target: Target): boolean {
    return target.isTls || this.#config.tls !== undefined;
  }

  async #open(): Promise<Opened | FailedAttempt> {
    this.#opening ??= this.#load();
    const opened = await this.#opening;
    this.#opening = undefined;
    if (!("ok" in opened)) this.#opened = opened;
    return opened;
  }

  async #load(): Promise<Opened | FailedAttempt> {
    const { name, endpoint, tls, poolSize, maxResponse, descriptors } = this.#config;
    const fail = (code: string, thrown: unknown): FailedAttempt =>
      refused(code, `Service "${name}": ${toError(thrown).message}`);
    if (this.#isClosed) return refused("cancelled", `The connection to service "${name}" is closed`);
    let target: Target;
    let schemas: SchemaSource;
    try {
      target = parseEndpoint(endpoint);
      schemas = new SchemaSource(descriptors, this.#options.now);
    } catch (thrown) {
      return fail("bad_input", thrown);
    }
    try {
      const credentials = await loadCredentials(tls ?? (target.isTls ? {} : undefined), this.#options.readFile);
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
