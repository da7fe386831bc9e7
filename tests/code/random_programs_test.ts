import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "../../src/base/json.ts";
import type { Maestro, RunResult } from "../../src/maestro.ts";
import { type Death, withLab } from "./lab.ts";
import { interpreter, type Program, randomProgram, signalsOf } from "./random_program.ts";

/** What is to be the same with a crash and without. */
interface Ending extends Pick<RunResult, "status" | "output" | "error"> {
  readonly undone: readonly string[];
  /** The steps whose compensations were called, each once, in order. */
  readonly undoCalls: readonly number[];
}

describe("a random program", () => {
  it("ends as it would have without the crashes", async () => {
    const death = fc.record({ write: fc.nat(15), isWritten: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(randomProgram(), fc.tuple(death, death), async (program, deaths) => {
        const undisturbed = await play(program, []);
        assert.equal(undisturbed.deaths, 0);
        const crashed = await playWithCrashes(program, deaths);
        assert.ok(crashed.deaths > 0);
        assert.deepEqual(crashed.ending, undisturbed.ending);
      }),
      { numRuns: 60 },
    );
  });
});

interface Played {
  readonly ending: Ending;
  /** How often a process died. */
  readonly deaths: number;
}

/** Lets the first process die earlier where the program is too short for its death. */
async function playWithCrashes(program: Program, [first, ...others]: readonly Death[]): Promise<Played> {
  const played = await play(program, [first!, ...others]);
  if (played.deaths > 0) return played;
  return await playWithCrashes(program, [{ ...first!, write: Math.floor(first!.write / 2) }, ...others]);
}

/** Runs a program with processes that die, one after the other, and a last one that does not. */
async function play(program: Program, deaths: readonly Death[]): Promise<Played> {
  const endings: Ending[] = [];
  let died = 0;
  const calls = new Set<number>();
  const definition = interpreter((step) => void calls.add(step));
  const perform = async (maestro: Maestro): Promise<RunResult<JsonValue>> => {
    const run = await maestro.start(definition, { input: program, id: "r1" });
    for (let number = 0; number < signalsOf(program); number++) {
      await maestro.signal("r1", { name: "go", data: 1, id: `s${number}` }).catch(() => undefined);
    }
    return await run.result();
  };
  await withLab(async (lab) => {
    for (const death of [...deaths, undefined]) {
      const process = await lab.open([definition], { death });
      const result = await Promise.race([perform(process.maestro), process.died]);
      if (result !== undefined) {
        const { status, output, error, rollback } = result;
        endings.push({ status, output, error, undone: rollback.undone, undoCalls: [...calls] });
        return;
      }
      died++;
    }
  });
  return { ending: endings[0]!, deaths: died };
}
