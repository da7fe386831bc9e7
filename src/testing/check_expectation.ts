import { formatDuration } from "../base/duration.ts";
import type { RunResult } from "../maestro.ts";
import type { TestCall } from "./call_log.ts";
import { lastId } from "./call_name.ts";
import { describeDifference, shown } from "./difference.ts";
import { compareCalls, compensatedSteps } from "./expectations.ts";
import { exactness } from "./call_name.ts";
import type { Expectation, ExpectedError } from "./test_file.ts";

/** Says everything in which a run and its calls are not as expected. */
export function checkExpectation(
  expect: Expectation,
  result: RunResult,
  calls: readonly TestCall[],
): readonly string[] {
  const problems: string[] = [];
  if (expect.status !== undefined && expect.status !== result.status) {
    problems.push(`status should be ${expect.status}, but is ${result.status}${reasonOf(result)}`);
  }
  if (expect.output !== undefined) {
    const difference = describeDifference(expect.output, result.output);
    if (difference !== undefined) problems.push(`output: ${difference}`);
  }
  if (expect.error !== undefined) problems.push(...checkError(expect.error, result));
  if (expect.calls !== undefined) problems.push(...named("calls", compareCalls(calls, expect.calls)));
  for (const [name, wanted] of Object.entries(expect.callsByName ?? {})) {
    const meant = calls.filter((call) => exactness(name, call) > 0);
    problems.push(...named(`calls of ${name}`, compareCalls(meant, wanted)));
  }
  if (expect.compensated !== undefined) {
    problems.push(...checkSteps("undone", expect.compensated, compensatedSteps(calls)));
  }
  if (expect.skipped !== undefined) {
    const skipped = result.steps.filter(({ status }) => status === "skipped").map(({ id }) => id);
    problems.push(...checkSteps("skipped", [...expect.skipped].sort(byId), skipped.sort(byId)));
  }
  return [...problems, ...checkDuration(expect.duration, result)];
}

function named(what: string, problem: string | undefined): readonly string[] {
  return problem === undefined ? [] : [`${what}: ${problem}`];
}

/** Why a run did not end as expected. */
function reasonOf({ error, pause }: RunResult): string {
  if (pause !== null) return `: ${pause.message}`;
  if (error === null) return "";
  return `: ${error.code}${error.step === null ? "" : ` at step ${error.step}`}: ${error.message}`;
}

function checkError({ code, message, step, details }: ExpectedError, { error }: RunResult): readonly string[] {
  if (error === null) return [`error should be ${code ?? message ?? "there"}, but there is none`];
  const problems: string[] = [];
  const at = (key: string, wanted: string, is: string | null): void =>
    void problems.push(`error.${key} should be ${shown(wanted)}, but is ${shown(is)}`);
  if (code !== undefined && error.code !== code) at("code", code, error.code);
  if (step !== undefined && !isStep(step, error.step ?? "")) at("step", step, error.step);
  if (message !== undefined && !error.message.includes(message)) {
    problems.push(`error.message should contain ${shown(message)}, but is ${shown(error.message)}`);
  }
  const difference = details === undefined ? undefined : describeDifference(details, error.details);
  if (difference !== undefined) problems.push(`error.details: ${difference}`);
  return problems;
}

function checkSteps(what: string, expected: readonly string[], actual: readonly string[]): readonly string[] {
  const isSame = expected.length === actual.length && expected.every((step, index) => isStep(step, actual[index]!));
  if (isSame) return [];
  const [wanted, came] = [expected, actual].map((list) => list.length === 0 ? "nothing" : list.join(", "));
  return [`${wanted} should be ${what}, but ${came} ${actual.length > 1 ? "are" : "is"}`];
}

function checkDuration(wanted: Expectation["duration"], { startedAt, finishedAt }: RunResult): readonly string[] {
  if (wanted === undefined) return [];
  const { atLeastMs, atMostMs } = wanted;
  const took = finishedAt - startedAt;
  const is = `but is ${formatDuration(took)}`;
  if (atLeastMs === atMostMs) {
    return took === atLeastMs ? [] : [`duration should be ${formatDuration(atLeastMs)}, ${is}`];
  }
  if (took < atLeastMs) return [`duration should be at least ${formatDuration(atLeastMs)}, ${is}`];
  return took > atMostMs ? [`duration should be at most ${formatDuration(atMostMs)}, ${is}`] : [];
}

/** Whether a name, which is a path or an id, means the step of this path. */
function isStep(name: string, path: string): boolean {
  return name === path || name === lastId(path.replaceAll(/\[\d+\]/g, ""));
}

function byId(one: string, other: string): number {
  const [a, b] = [one, other].map((path) => lastId(path.replaceAll(/\[\d+\]/g, "")));
  return a! < b! ? -1 : a === b ? 0 : 1;
}
