/** What an error of Maestro itself means to each surface. Errors of steps are a `Failure` instead. */
interface CodeMeaning {
  /** Exit code of the command line. */
  readonly exit: number;
  /** Status of the HTTP API. */
  readonly http: number;
  /** Status name of the gRPC API. */
  readonly grpc: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
}

/** The code of a `MaestroError`. */
export type ErrorCode =
  | "usage"
  | "invalid_workflow"
  | "invalid_input"
  | "missing_value"
  | "file_not_readable"
  | "run_not_found"
  | "run_conflict"
  | "run_ended"
  | "claim_lost"
  | "payload_too_large"
  | "store_unavailable"
  | "store_corrupt"
  | "wrong_key"
  | "permission_denied"
  | "internal";

/** What each code means to each surface. */
export const ERROR_CODES: Readonly<Record<ErrorCode, CodeMeaning>> = {
  usage: { exit: 2, http: 400, grpc: "INVALID_ARGUMENT", retryable: false },
  invalid_workflow: { exit: 3, http: 422, grpc: "INVALID_ARGUMENT", retryable: false },
  invalid_input: { exit: 3, http: 422, grpc: "INVALID_ARGUMENT", retryable: false },
  missing_value: { exit: 3, http: 422, grpc: "FAILED_PRECONDITION", retryable: false },
  file_not_readable: { exit: 3, http: 422, grpc: "FAILED_PRECONDITION", retryable: false },
  run_not_found: { exit: 2, http: 404, grpc: "NOT_FOUND", retryable: false },
  run_ended: { exit: 2, http: 409, grpc: "FAILED_PRECONDITION", retryable: false },
  run_conflict: { exit: 2, http: 409, grpc: "ALREADY_EXISTS", retryable: false },
  claim_lost: { exit: 7, http: 409, grpc: "ABORTED", retryable: true },
  payload_too_large: { exit: 3, http: 413, grpc: "RESOURCE_EXHAUSTED", retryable: false },
  store_unavailable: { exit: 7, http: 503, grpc: "UNAVAILABLE", retryable: true },
  store_corrupt: { exit: 7, http: 500, grpc: "DATA_LOSS", retryable: false },
  wrong_key: { exit: 7, http: 500, grpc: "FAILED_PRECONDITION", retryable: false },
  permission_denied: { exit: 2, http: 403, grpc: "PERMISSION_DENIED", retryable: false },
  internal: { exit: 1, http: 500, grpc: "INTERNAL", retryable: false },
};

/** What goes with an error beside its message. */
export interface MaestroErrorOptions {
  /** What to do about it, in one sentence without a period. */
  readonly hint?: string | undefined;
  /** Facts for programs: ids, paths, limits. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * The one error class of Maestro: a code from a closed list, a message that says where and what, a hint that says what to do.
 *
 * Recognise it with `MaestroError.is()`, which also knows instances of a second copy of the library.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, MaestroError } from "maestro";
 *
 * const maestro = createMaestro({ runtime: await createRuntime() });
 * try {
 *   await maestro.follow("no-such-run");
 * } catch (error) {
 *   if (!MaestroError.is(error, "run_not_found")) throw error;
 *   console.log(`${error.message}: ${error.hint}`);
 * }
 * await maestro.close();
 * ```
 */
export class MaestroError extends Error {
  /** Always `MaestroError`. */
  override readonly name = "MaestroError";
  /** What kind of error it is, for programs. */
  readonly code: ErrorCode;
  /** What to do about it. */
  readonly hint: string | undefined;
  /** Facts for programs. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /** Makes an error; the message says where and what, in sentence case without a period. */
  constructor(code: ErrorCode, message: string, options: MaestroErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  /** Tells whether a caught value is a `MaestroError`, optionally with a given code. */
  static is(value: unknown, code?: ErrorCode): value is MaestroError {
    if (!(value instanceof Error) || value.name !== "MaestroError" || !("code" in value)) return false;
    return code === undefined || value.code === code;
  }
}

/** Turns anything thrown into an `Error`, keeping errors as they are. Used once at each boundary. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === "string" ? thrown : `Unexpected value thrown: ${String(thrown)}`);
}
