/**
 * Tests of workflows: the engine itself in virtual time, with mocks in place of services.
 *
 * @module
 */
export { createTester, type Happening, Tester } from "./tester.ts";
export type { TesterOptions, TestStartOptions } from "./tester_options.ts";
export { TestRun } from "./test_run.ts";
export type { CallOutcome, TestCall } from "./call_log.ts";
export { ExpectationError, type ExpectedCall } from "./expectations.ts";
export {
  type Behaviour,
  delayed,
  fails,
  type FailsOptions,
  type Mock,
  type MockFunction,
  type Mocks,
  never,
  sample,
  sequence,
} from "./mock.ts";
export { mockFromSchema } from "./sample_schema.ts";
