import { isJsonObject, type JsonValue } from "../base/json.ts";
import type { TestCall } from "./call_log.ts";
import { exactness } from "./call_name.ts";
import { describeDifference } from "./difference.ts";

/**
 * Thrown where something did not happen as a test expects; runners show `expected` and `actual` side by side.
 *
 * @example
 * ```ts
 * import { createTester, ExpectationError } from "maestro/testing";
 *
 * const tester = createTester();
 * try {
 *   tester.expectCalls("shop.Price", 1);
 * } catch (error) {
 *   if (error instanceof ExpectationError) console.log(error.message);
 * }
 * await tester.close();
 * ```
 */
export class ExpectationError extends Error {
  /** Always `ExpectationError`. */
  override readonly name = "ExpectationError";
  /** What the test expects. */
  readonly expected: unknown;
  /** What came instead. */
  readonly actual: unknown;

  /** Makes an error; the message says where, and what came instead. */
  constructor(message: string, expected: unknown, actual: unknown) {
    super(message);
    this.expected = expected;
    this.actual = actual;
  }
}

/** What is expected of one call: only what is given is looked at. */
export interface ExpectedCall {
  /** A name of the call, as that of a mock. */
  readonly name?: string | undefined;
  /** The step's path. */
  readonly step?: string | undefined;
  /** The service that is called. */
  readonly service?: string | undefined;
  /** The method as it is sent. */
  readonly method?: string | undefined;
  /** All of what is sent. */
  readonly input?: JsonValue | undefined;
  /** Counts from 1. */
  readonly attempt?: number | undefined;
  /** Whether the call undoes a step. */
  readonly isCompensation?: boolean | undefined;
  /** What it answered. */
  readonly output?: JsonValue | undefined;
  /** The code of the error that it failed with. */
  readonly error?: string | undefined;
}

/** Says in what calls differ from those that are expected; `undefined`: in nothing. */
export function compareCalls(
  calls: readonly TestCall[],
  expected: number | readonly ExpectedCall[],
): string | undefined {
  const count = typeof expected === "number" ? expected : expected.length;
  const came = calls.length === 0 ? "there was none" : `there ${calls.length === 1 ? "was 1" : `were ${calls.length}`}`;
  if (calls.length !== count) {
    return `${count === 0 ? "no call" : count === 1 ? "1 call" : `${count} calls`} expected, but ${came}${
      listed(calls)
    }`;
  }
  if (typeof expected === "number") return undefined;
  for (const [index, one] of expected.entries()) {
    const difference = describeDifference(one as JsonValue, seenOf(calls[index]!, one));
    if (difference !== undefined) return `call ${index + 1}: ${difference}${listed(calls)}`;
  }
  return undefined;
}

/** What was seen of what is expected. */
function seenOf(call: TestCall, expected: ExpectedCall): JsonValue {
  const { outcome } = call;
  const { name } = expected;
  const all = {
    ...call,
    name: name !== undefined && exactness(name, call) > 0 ? name : `${call.service}.${call.method}`,
    output: outcome.status === "completed" ? outcome.output : null,
    error: outcome.status === "failed" ? outcome.code : null,
  };
  return Object.fromEntries(Object.keys(expected).map((key) => [key, all[key as keyof ExpectedCall] ?? null]));
}

const MOST_LISTED = 20;

function listed(calls: readonly TestCall[]): string {
  const lines = calls.slice(0, MOST_LISTED).map((call) => `\n  ${describeCall(call)}`);
  if (calls.length > MOST_LISTED) lines.push(`\n  and ${calls.length - MOST_LISTED} more`);
  return lines.join("");
}

/** A call in one line. */
function describeCall({ step, service, method, input, attempt, outcome }: TestCall): string {
  const shown = isJsonObject(input) || Array.isArray(input) || input !== null ? ` ${JSON.stringify(input)}` : "";
  const end = outcome.status === "completed"
    ? JSON.stringify(outcome.output)
    : outcome.status === "failed"
    ? outcome.code
    : "no answer";
  return `${step}: ${service}.${method}${shown}${attempt > 1 ? `, attempt ${attempt}` : ""} → ${end}`;
}

/** Checks the calls that a name means. @throws {ExpectationError} */
export function checkCalls(
  name: string,
  calls: readonly TestCall[],
  expected: number | readonly ExpectedCall[],
): void {
  const problem = compareCalls(calls, expected);
  if (problem !== undefined) throw new ExpectationError(`${name}: ${problem}`, expected, calls.map(describeCall));
}

/** Checks that calls were made in the order of these names. @throws {ExpectationError} */
export function checkOrder(calls: readonly TestCall[], names: readonly string[]): void {
  let place = 0;
  for (const name of names) {
    const found = calls.findIndex((call, index) => index >= place && exactness(name, call) > 0);
    if (found < 0) {
      const isThere = calls.some((call) => exactness(name, call) > 0);
      const problem = isThere ? "came too early" : "was not called";
      throw new ExpectationError(`${name} ${problem}; the calls were:${listed(calls)}`, names, calls.map(describeCall));
    }
    place = found + 1;
  }
}

/** Checks which steps were undone, and in which order. @throws {ExpectationError} */
export function checkCompensated(calls: readonly TestCall[], steps: readonly string[]): void {
  const undone = compensatedSteps(calls);
  if (undone.join("\n") === steps.join("\n")) return;
  const [wanted, came] = [steps, undone].map((list) => list.length === 0 ? "nothing" : list.join(", "));
  throw new ExpectationError(`${wanted} should have been undone, but ${came} was`, steps, undone);
}

/** Steps that were undone, in the order in which that happened. */
export function compensatedSteps(calls: readonly TestCall[]): readonly string[] {
  return calls.filter(({ isCompensation, outcome }) => isCompensation && outcome.status === "completed")
    .map(({ step }) => step.replace(/\/compensate(![0-9]+)?$/, ""));
}
