import type { JsonValue } from "../base/json.ts";
import type { Failure } from "./failure.ts";

/**
 * A service as an adapter sees it: every template resolved, every default applied, durations in milliseconds.
 *
 * Two services whose configurations are equal as canonical JSON share connections, breaker and limits in a process.
 */
export interface ServiceConfig {
  readonly name: string;
  readonly type: string;
  readonly endpoint: string;
  /** gRPC channels (default 5), or most concurrent HTTP requests (no limit unless given). */
  readonly poolSize?: number | undefined;
  readonly maxInFlight?: number | undefined;
  readonly rateLimit?: { readonly perSecond: number; readonly burst: number } | undefined;
  readonly circuitBreaker: BreakerConfig | false;
  readonly tls?: TlsConfig | undefined;
  /** Largest answer in bytes. */
  readonly maxResponse: number;
  /** Header that carries the idempotency key; `false` sends none. */
  readonly idempotencyHeader: string | false;
  /** Codes of answers that surely did nothing. */
  readonly noEffectOn: readonly string[];
  /** A serialised `google.protobuf.FileDescriptorSet` in base64; without it a gRPC service is asked by reflection. */
  readonly descriptors?: string | undefined;
  /** Full name of the gRPC service that bare method names belong to. */
  readonly grpcService?: string | undefined;
}

/** When a circuit breaker opens and for how long. */
export interface BreakerConfig {
  readonly failureRatio: number;
  readonly minCalls: number;
  readonly windowMs: number;
  readonly openForMs: number;
}

/** TLS settings; paths are absolute. An empty object is TLS with the system's authorities. */
export interface TlsConfig {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
}

/** How a service is authenticated to, secrets resolved. */
export type AuthConfig =
  | { readonly basic: { readonly user: string; readonly password: string } }
  | {
    readonly oauth2: {
      readonly token_url: string;
      readonly client_id: string;
      readonly client_secret: string;
      readonly scopes?: readonly string[] | undefined;
      readonly audience?: string | undefined;
    };
  };

/** What one call sends, the same at every attempt. Members that only one protocol knows are ignored by the others. */
export interface CallRequest {
  /** HTTP: `VERB /path?…` with every value encoded, or a whole URL after the verb. gRPC: `Method` or `pkg.Service/Method`. */
  readonly method: string;
  readonly input?: JsonValue | undefined;
  /** HTTP: replaces the query that `input` would give. */
  readonly query?: JsonValue | undefined;
  /** HTTP: replaces the body that `input` would give. */
  readonly body?: JsonValue | undefined;
  readonly encoding?: "json" | "form" | "multipart" | "text" | "binary" | undefined;
  /** Headers or metadata: service settings below the step's; `null` removes a header. */
  readonly headers: readonly Readonly<Record<string, JsonValue>>[];
  /** Answers that complete the step: `2xx`, a status, or a gRPC code name. Absent: `2xx` or `OK`. */
  readonly expect?: readonly (string | number)[] | undefined;
  readonly response?: "full" | undefined;
  /** gRPC server streams: most messages to take. */
  readonly streamMax?: number | undefined;
  /** gRPC server streams: asked after each message; `true` closes the stream and completes the call. May throw. */
  readonly streamUntil?: ((item: JsonValue, index: number) => boolean) | undefined;
  readonly auth?: AuthConfig | undefined;
}

/** The circumstances of one attempt. */
export interface CallContext {
  /** Stable over attempts and restarts. */
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly workflow: string;
  /** The step's path. */
  readonly step: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Whether anything follows from knowing that a failed call was not sent: the step can be undone, or undoes another. */
  readonly mattersIfSent: boolean;
  /** Whether the call undoes a step. */
  readonly isCompensation: boolean;
  /** W3C trace context of this attempt. */
  readonly traceparent: string;
  /** Wall-clock milliseconds after which nobody waits for the answer. */
  readonly deadline: number | undefined;
  /** Limit of the attempt itself, counted from when it leaves every queue. */
  readonly attemptTimeoutMs: number;
  /** Aborted with the attempt; its `reason` is then an `AbortReason`. */
  readonly signal: AbortSignal;
  /** Why the attempt was ended; `undefined` while it was not. */
  readonly aborted: AbortReason | undefined;
  /** Ends the attempt: the step was cancelled, or a limit has passed. The first reason stays. */
  abort(reason: AbortReason): void;
  /** Hears of the end before the signal's listeners do. For whoever stands between runner and client; one at a time. */
  onAbort: ((reason: AbortReason) => void) | undefined;
  /** What the attempt before told last of how far it was, also in a process that has ended. */
  readonly lastHeartbeat: JsonValue | undefined;
  /** Gives a sign of life, and tells how far the call is: the next attempt hears of it. Without details the last ones stay. */
  heartbeat(details?: JsonValue): void;
  /** Makes of the details of a heartbeat what may be kept. For whoever has put secrets into the call. */
  redactHeartbeat: ((details: JsonValue) => JsonValue) | undefined;
  /** To be called when the attempt has left every queue and is about to be sent. */
  sent(): void;
  /** The circumstances of one of several calls within the attempt: it ends with the attempt, or alone, and tells of itself when it is sent. */
  fork(onSend: () => void): CallContext;
}

/** Why a call's signal was aborted. */
export type AbortReason = "timeout" | "cancelled";

/**
 * How a failed attempt is sorted.
 *
 * `transient`: surely no effect, worth another try. `unknown`: nobody knows whether it took effect. `permanent`: no use in trying again.
 */
export type FailureClass = "transient" | "unknown" | "permanent";

/** What one attempt came to. */
export type AttemptResult =
  | { readonly ok: true; readonly output: JsonValue }
  | {
    readonly ok: false;
    readonly failure: Failure;
    readonly class: FailureClass;
    /** Whether the service may have acted. False for calls that change nothing (GET, HEAD, `NO_SIDE_EFFECTS`), whatever the class. */
    readonly mayHaveActed: boolean;
    /** Whether the call changes nothing, so that no earlier attempt of it has changed anything either. @default false */
    readonly isReadOnly?: boolean | undefined;
    /** Whether it is retried where no `retry_on` or `never_on` speaks of it. Absent: transient and unknown are. */
    readonly retryable?: boolean | undefined;
    /** The delay that the service asked for. */
    readonly retryAfterMs?: number | undefined;
  };

/** What one attempt comes to: at once where nothing has to be waited for. */
export type PendingResult = AttemptResult | Promise<AttemptResult>;

/** An attempt that did not succeed. */
export type FailedAttempt = Extract<AttemptResult, { readonly ok: false }>;

/**
 * A connection to one service: one attempt a call, no retries.
 *
 * `call` never rejects: whatever goes wrong is an `AttemptResult`. It settles soon after its signal is aborted.
 * `close` lets calls in flight go and frees the connections.
 */
export interface ServiceClient {
  call(request: CallRequest, context: CallContext): PendingResult;
  close(): Promise<void>;
}

/** Opens clients for one `type` of service. Opening does no I/O; connections are made at the first call. */
export interface ServiceAdapter {
  open(config: ServiceConfig): ServiceClient;
}
