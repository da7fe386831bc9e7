import { MaestroError, toError } from "../base/errors.ts";
import type { RunEvent } from "../engine/hooks.ts";
import type { LoadedWorkflow, RunResult } from "../maestro.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { TestCall } from "./call_log.ts";
import { checkExpectation } from "./check_expectation.ts";
import type { TestCase } from "./test_file.ts";
import { createTester, type Tester } from "./tester.ts";

/** What came of a case. */
export interface CaseReport {
  readonly name: string;
  /** Everything that is not as expected; none: the case has passed. */
  readonly problems: readonly string[];
  /** Absent where the run came to no end. */
  readonly result: RunResult | undefined;
  readonly calls: readonly TestCall[];
  /** What happened in the run and in those that it started. */
  readonly events: readonly RunEvent[];
}

/** Runs a case. Never rejects: whatever goes wrong is a problem of it. */
export async function runCase(one: TestCase, workflow: LoadedWorkflow, runtime: Runtime): Promise<CaseReport> {
  const { mocks, env, secrets, startAt, seed, expect } = one;
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent): void => void events.push(event);
  const tester = createTester({ runtime, mocks, env, secrets, startAt, seed, onEvent });
  try {
    const result = await playCase(one, workflow, tester);
    const calls = tester.calls();
    return { name: one.name, problems: checkExpectation(expect, result, calls), result, calls, events };
  } catch (thrown) {
    return { name: one.name, problems: [describeError(thrown)], result: undefined, calls: tester.calls(), events };
  } finally {
    await tester.close();
  }
}

/** Starts a case's run, with all that happens to it, and lets time pass until it has ended. */
async function playCase(one: TestCase, workflow: LoadedWorkflow, tester: Tester): Promise<RunResult> {
  for (const { at, name, data } of one.signals) tester.at(at, (run) => run.signal(name, data));
  if (one.cancelAt !== undefined) tester.at(one.cancelAt, (run) => run.cancel());
  const run = await tester.start(workflow, { input: one.input, id: one.id });
  return await run.result();
}

/** An error in one text. */
export function describeError(thrown: unknown): string {
  const { message } = toError(thrown);
  return MaestroError.is(thrown) && thrown.hint !== undefined ? `${message}; ${thrown.hint}` : message;
}
