import fc from "fast-check";
import type { JsonValue } from "../../src/base/json.ts";
import { activity } from "../../src/code/activity.ts";
import { signal, type SignalDefinition } from "../../src/code/message.ts";
import { type Workflow, workflow } from "../../src/code/workflow.ts";
import type { WorkflowContext } from "../../src/code/workflow_context.ts";
import { RetryableError, TerminalError } from "../../src/engine/author_errors.ts";
import { StepFailedError } from "../../src/engine/failure.ts";

/** A part of a random program. What it gives, or throws, does not depend on time. */
export type Part =
  | { readonly kind: "step"; readonly value: number }
  | { readonly kind: "flaky" | "fail" | "receive" | "late" }
  | { readonly kind: "sleep"; readonly ms: number }
  | { readonly kind: "sequence" | "all" | "any"; readonly parts: readonly Part[] }
  | { readonly kind: "try" | "race" | "scope" | "child"; readonly part: Part }
  | { readonly kind: "loop"; readonly part: Part; readonly times: number };

/** A random program, the input of the workflow that runs it. */
export interface Program {
  readonly part: Part;
  /** How many steps that can be undone come first. */
  readonly undoable: number;
  /** How often it begins anew. */
  readonly again: number;
}

/** Any program. */
export function randomProgram(): fc.Arbitrary<Program> {
  const { part } = fc.letrec<{ readonly part: Part; readonly parts: Part[] }>((tie) => ({
    parts: fc.array(tie("part"), { minLength: 1, maxLength: 3 }),
    part: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("step" as const), value: fc.nat(9) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("flaky", "fail", "receive", "late") }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("sleep" as const), ms: fc.nat(2) }) },
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constantFrom("sequence", "all", "any"), parts: tie("parts") }),
      },
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constantFrom("try", "try", "race", "scope", "child"), part: tie("part") }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("loop" as const), part: tie("part"), times: fc.nat(3) }),
      },
    ) as fc.Arbitrary<Part>,
  }));
  const parts = fc.array(part, { minLength: 1, maxLength: 4 });
  return fc.record({
    part: parts.map((list): Part => ({ kind: "sequence", parts: list })),
    undoable: fc.constantFrom(0, 0, 1, 2),
    again: fc.constantFrom(0, 0, 0, 0, 0, 1, 2),
  });
}

/** What `receive` waits for. */
const go: SignalDefinition<number> = signal<number>("go");

/** The most signals that a program takes. */
export function signalsOf({ part, again }: Program): number {
  return (again + 1) * receives(part);
}

function receives(part: Part): number {
  if ("parts" in part) return part.parts.map(receives).reduce((sum, count) => sum + count, 0);
  if ("part" in part) return receives(part.part) * (part.kind === "loop" ? part.times : 1);
  return part.kind === "receive" ? 1 : 0;
}

const work = activity("work", (value: number) => ({ value }));
const flaky = activity("flaky", (_: void, { attempt }) => {
  if (attempt === 1) throw new RetryableError("again");
  return "works";
}, { retry: { attempts: 5, initial: "1ms" } });
const fail = activity("fail", () => {
  throw new TerminalError("no", { code: "REFUSED" });
});

/** Where a part is run. Children receive nothing: nobody signals them. */
interface Place {
  readonly ctx: WorkflowContext<Program>;
  readonly isChild: boolean;
}

/** The workflow that runs a program. `undo` hears of each step that is undone. */
export function interpreter(undo: (step: number) => void): Workflow<Program, JsonValue> {
  const undoable = activity("undoable", (step: number) => step, { compensate: ({ input }) => undo(input) });
  const program: Workflow<Program, JsonValue> = workflow(
    "program",
    { version: "1" },
    async (ctx, { part, undoable: count, again }: Program): Promise<JsonValue> => {
      for (let step = 0; step < count; step++) await ctx.run(undoable, step);
      const output = await perform(part, { ctx, isChild: ctx.runId !== "r1" }, program);
      if (again > 0) ctx.continueAsNew({ part, undoable: count, again: again - 1 });
      return output;
    },
  );
  return program;
}

async function perform(part: Part, place: Place, program: Workflow<Program, JsonValue>): Promise<JsonValue> {
  const { ctx, isChild } = place;
  /** Does it in a group of its own: what is left behind by an error goes on, and must not change the names of what follows. */
  const inGroup = (inner: Part): Promise<JsonValue> => perform(inner, { isChild, ctx: ctx.group(inner.kind) }, program);
  switch (part.kind) {
    case "step":
      return (await ctx.run(work, part.value)).value;
    case "flaky":
      return await ctx.run(flaky);
    case "fail":
      return await ctx.run(fail);
    case "receive":
      return isChild ? "nothing" : await ctx.receive(go);
    case "late":
      return await ctx.scope((inner) => inner.sleep("10h").then(() => "slept"), { timeout: 1 }).catch(nameOf);
    case "sleep":
      return await ctx.sleep(part.ms).then(() => "slept");
    case "sequence": {
      const outputs: JsonValue[] = [];
      for (const inner of part.parts) outputs.push(await inGroup(inner));
      return outputs;
    }
    case "all":
      // Only the first may fail: which of several does so first would be a question of time.
      return await Promise.all(
        part.parts.map((inner, index) => inGroup(index === 0 ? inner : { kind: "try", part: inner })),
      );
    case "any":
      return await Promise.any([ctx.run(fail), inGroup(part.parts[0]!), ctx.run(fail)]);
    case "race":
      return await Promise.race([ctx.sleep("1h").then(() => "time"), inGroup(part.part)]);
    case "try":
      return await inGroup(part.part).catch((thrown) => ({ caught: nameOf(thrown) }));
    case "scope":
      return await ctx.scope((inner) => perform(part.part, { ctx: inner, isChild }, program), { timeout: "10h" });
    case "child":
      return await ctx.child(program, { part: part.part, undoable: 0, again: 0 });
    case "loop": {
      let output: JsonValue = null;
      for (let round = 0; round < part.times; round++) output = [round, await inGroup(part.part)];
      return output;
    }
  }
}

function nameOf(thrown: unknown): string {
  return thrown instanceof StepFailedError ? thrown.failure.code : String((thrown as Error).name);
}
