import { MaestroError } from "../base/errors.ts";
import { limitProblems, retryProblems } from "../plan/setting_problems.ts";
import type { StepOptions, UndoOptions } from "./activity.ts";

/** Looks at how a step is called; `what` names it. @throws {MaestroError} `invalid_workflow` for the first setting that cannot be. */
export function checkOptions(
  options: StepOptions & Pick<UndoOptions<never, never>, "compensateRetry">,
  what: string,
): void {
  const [problem] = [
    ...limitProblems(options.timeout, `The timeout of ${what}`),
    ...limitProblems(options.attemptTimeout, `The attempt timeout of ${what}`),
    ...limitProblems(options.heartbeatTimeout, `The heartbeat timeout of ${what}`),
    ...retryProblems(options.retry, `The retry of ${what}`),
    ...retryProblems(options.compensateRetry, `The retry of the compensation of ${what}`),
  ];
  if (problem === undefined) return;
  throw new MaestroError("invalid_workflow", problem.message, problem.hint === undefined ? {} : { hint: problem.hint });
}
