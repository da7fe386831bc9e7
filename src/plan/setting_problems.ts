import { type Duration, milliseconds, type RetryOptions } from "./retry_options.ts";

/** What is wrong with a setting that a program gives. */
export interface SettingProblem {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Looks at a length of time that may be absent; `what` names it. */
export function limitProblems(value: Duration | undefined, what: string): SettingProblem[] {
  if (value === undefined || milliseconds(value) !== undefined) return [];
  return [{
    message: `${what} is ${JSON.stringify(value)}, which is no length of time above zero`,
    hint: 'write milliseconds, or text such as "30s"',
  }];
}

/** Looks at a number that must be whole and above zero, or absent. */
export function countProblems(value: number | undefined, what: string): SettingProblem[] {
  if (value === undefined || value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value > 0)) return [];
  return [{ message: `${what} is ${value}, and must be a whole number above zero` }];
}

/** Looks at settings of retries. */
export function retryProblems(retry: RetryOptions | number | undefined, what: string): SettingProblem[] {
  if (retry === undefined) return [];
  const { attempts, initial, max, factor, jitter } = typeof retry === "number" ? { attempts: retry } : retry;
  const problems = [
    ...countProblems(attempts, `${what}: attempts`),
    ...limitProblems(initial, `${what}: initial`),
    ...limitProblems(max, `${what}: max`),
  ];
  if (factor !== undefined && !(factor >= 1)) {
    problems.push({ message: `${what}: factor is ${factor}, and must be 1 or more` });
  }
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1)) {
    problems.push({ message: `${what}: jitter is ${jitter}, and must be from 0 to 1` });
  }
  return problems;
}
