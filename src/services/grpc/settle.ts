import type { JsonValue } from "../../base/json.ts";
import { toFailure } from "../../engine/failure.ts";
import type { AttemptResult, CallRequest, FailedAttempt, ServiceConfig } from "../../engine/service.ts";
import { type Answers, BadAnswer } from "./answers.ts";
import { explainConnectionError } from "./connection_error.ts";
import type { ExchangeResult } from "./exchange.ts";
import { metadataToJson } from "./metadata.ts";
import { badResponse, cutShort, failed, refused } from "./outcome.ts";
import type { Schema } from "./schema.ts";
import { codeName, OK, RESOURCE_EXHAUSTED, UNAVAILABLE } from "./status.ts";
import { readStatusDetails } from "./status_details.ts";

/** The service that was called. */
export interface CalledService {
  readonly config: ServiceConfig;
  readonly isTls: boolean;
}

/** What the settling of an exchange needs to know. */
export interface SettleOptions {
  readonly service: CalledService;
  readonly request: CallRequest;
  readonly schema: Schema;
  readonly answers: Answers;
  readonly isReadOnly: boolean;
}

/** Turns the end of an exchange into the result of the attempt. */
export function settle(result: ExchangeResult, options: SettleOptions): AttemptResult {
  const { end, wasSent } = result;
  const { isReadOnly, request, answers } = options;
  switch (end.by) {
    case "cut":
      return cutShort(end.reason, wasSent, isReadOnly);
    case "thrown":
      if (end.error instanceof BadAnswer) return badResponse(end.error.message, isReadOnly);
      return {
        ok: false,
        failure: toFailure(end.error, "expression_error"),
        class: "permanent",
        mayHaveActed: !isReadOnly,
      };
    case "closed":
      return { ok: true, output: output(result, OK, "", answers.body(), request) };
    case "status":
      return settleStatus(result, end.status.code, end.status.details, options);
  }
}

function settleStatus(result: ExchangeResult, code: number, message: string, options: SettleOptions): AttemptResult {
  const { request, answers, isReadOnly } = options;
  const isExpected = request.expect === undefined
    ? code === OK
    : request.expect.some((entry) => entry === code || entry === codeName(code));
  if (!isExpected) return settleFailure(result, code, message, options);
  try {
    const body = code === OK ? answers.body() : null;
    return { ok: true, output: output(result, code, message, body, request) };
  } catch (error) {
    return badResponse((error as Error).message, isReadOnly);
  }
}

function settleFailure(result: ExchangeResult, code: number, message: string, options: SettleOptions): FailedAttempt {
  const { service, schema, isReadOnly } = options;
  const { config } = service;
  if (code === OK) return refused("OK", `Service "${config.name}" answered OK, which "expect" does not list`);
  const connection = connectionFailure(result, service);
  if (connection !== undefined) return connection;
  if (code === RESOURCE_EXHAUSTED && isOversized(message, config.maxResponse)) {
    return badResponse(`The answer is larger than ${config.maxResponse} bytes`, isReadOnly);
  }
  const trailers = result.end.by === "status" ? result.end.status.metadata : undefined;
  const details = trailers === undefined ? undefined : readStatusDetails(trailers, schema.detailTypes);
  return failed({
    code: codeName(code),
    message: message === "" ? `Service "${config.name}" answered ${codeName(code)}` : message,
    wasSent: result.wasSent,
    isReadOnly,
    noEffectOn: config.noEffectOn,
    ...details,
  });
}

/** The failure of an exchange that found no connection; `undefined` for any other. */
export function connectionFailure(
  { end, wasSent }: ExchangeResult,
  { config, isTls }: CalledService,
): FailedAttempt | undefined {
  if (end.by !== "status" || wasSent || end.status.code !== UNAVAILABLE) return undefined;
  const error = explainConnectionError(end.status.details, config.endpoint, isTls);
  if (error.code !== "UNAVAILABLE") return refused(error.code, error.message);
  return failed({ code: error.code, message: error.message, wasSent, isReadOnly: false, noEffectOn: [] });
}

/** Whether a RESOURCE_EXHAUSTED is grpc-js's own about the answer. Our limit in its text tells it from the server's. */
function isOversized(message: string, limit: number): boolean {
  return message.startsWith("Received message") && message.includes("larger than") &&
    new RegExp(`\\b${limit}\\b`).test(message);
}

function output(
  { headers, end }: ExchangeResult,
  code: number,
  message: string,
  body: JsonValue,
  request: CallRequest,
): JsonValue {
  if (request.response !== "full") return body;
  return {
    code: codeName(code),
    message,
    metadata: metadataToJson(headers),
    trailers: metadataToJson(end.by === "status" ? end.status.metadata : undefined),
    body,
  };
}
