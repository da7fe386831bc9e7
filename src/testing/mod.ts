/**
 * Tests of workflows: the engine itself in virtual time, with mocks in place of services.
 *
 * `createTester` makes a tester, whose runs wait for nothing real; `fails`, `sequence`, `never`, `delayed` and `sample` say what a mock
 * does beside giving a value.
 *
 * ```ts
 * import { activity, workflow } from "maestro";
 * import { createTester, fails, sequence } from "maestro/testing";
 *
 * const charge = activity("charge", (amount: number) => ({ paid: amount }), { retry: 3 });
 * const order = workflow("order", { version: "1" }, async (ctx, { amount }: { amount: number }) => {
 *   await ctx.sleep("720h");
 *   return await ctx.run(charge, amount);
 * });
 *
 * const tester = createTester({ mocks: { charge: sequence([fails({ code: "http_503" }), { paid: 30 }]) } });
 * const run = await tester.start(order, { input: { amount: 30 } });
 * const { status } = await run.result();
 * tester.expectCalls("charge", 2);
 * await tester.close();
 * console.log(status);
 * ```
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
