import type { LoadedWorkflow, RunResult } from "../maestro.ts";
import { MaestroError } from "../base/errors.ts";
import { readTurns } from "../engine/recovered.ts";
import type { Storage } from "../engine/storage.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { judgeChaos, type KeptRun, type Played } from "./chaos_checks.ts";
import { ChaosWorld, type Fault } from "./chaos_world.ts";
import { describeError } from "./run_case.ts";
import type { TestCase } from "./test_file.ts";
import { createTester, type Tester } from "./tester.ts";

/** What chaos came to. */
export interface ChaosReport {
  /** How many faults were tried. */
  readonly faults: number;
  readonly violations: readonly ChaosViolation[];
  /** Whether some were left out: there were too many, or enough had been found. */
  readonly isCut: boolean;
}

/** A fault after which a run was not as it has to be. */
export interface ChaosViolation {
  /** What went wrong on purpose. */
  readonly fault: string;
  /** What is not as it has to be. */
  readonly problems: readonly string[];
  /** What all randomness followed from. */
  readonly seed: string;
}

/** What chaos is made of. */
export interface ChaosOptions {
  readonly workflow: LoadedWorkflow;
  readonly runtime: Runtime;
  /** Stands around the store. @default nothing */
  readonly wrapStorage?: ((storage: Storage) => Storage) | undefined;
}

/** Most faults that are tried of a case. */
const MOST_FAULTS = 2_000;

/** After so many violations the rest tells nothing new. */
const MOST_VIOLATIONS = 20;

/** Most attempts of a step that are made to fail. */
const MOST_ATTEMPTS = 10;

const WHEN = ["before", "after"] as const;

/**
 * Runs a case again and again, each time with another fault: each step fails at each of its attempts, before its effect and after it, and
 * the process dies at each write, before and after. Checks that every run ends as well as it may.
 *
 * What is done in a rollback is shaken in the same way, in the run that has most to undo.
 */
export async function runChaos(one: TestCase, options: ChaosOptions): Promise<ChaosReport> {
  return await new Chaos(one, options).run();
}

class Chaos {
  readonly #case: TestCase;
  readonly #options: ChaosOptions;
  readonly #violations: ChaosViolation[] = [];
  #faults = 0;
  #isCut = false;
  /** The run in which nothing goes wrong on purpose. */
  #calm: Played | undefined;
  /** What leads to the longest rollback. */
  #worst: { readonly fault: Fault; readonly played: Played } | undefined;

  constructor(one: TestCase, options: ChaosOptions) {
    this.#case = one;
    this.#options = options;
  }

  async run(): Promise<ChaosReport> {
    const calm = await this.#try([]);
    if (this.#violations.length === 0) {
      await this.#crashAtEachWrite([], calm);
      await this.#failEachCall([], calm, false);
      if (this.#worst !== undefined) {
        const { fault, played } = this.#worst;
        await this.#crashAtEachWrite([fault], played);
        await this.#failEachCall([fault], played, true);
      }
    }
    return { faults: this.#faults, violations: this.#violations, isCut: this.#isCut };
  }

  async #crashAtEachWrite(before: readonly Fault[], { world }: Played): Promise<void> {
    for (let write = 1; write < world.writes.length; write++) {
      for (const when of WHEN) await this.#try([...before, { kind: "crash", write, when }], world.writes[write]);
    }
  }

  async #failEachCall(before: readonly Fault[], { world }: Played, isInRollback: boolean): Promise<void> {
    for (const { name: step, isCompensation } of world.called.values()) {
      if (isInRollback && !isCompensation) continue;
      for (const when of WHEN) {
        for (let attempts = 1; attempts <= MOST_ATTEMPTS; attempts++) {
          const fault: Fault = { kind: "call", step, attempts, when };
          const known = this.#violations.length;
          const played = await this.#try([...before, fault]);
          // A rollback that goes wrong by itself would be found at each of its writes again.
          if (!isInRollback && this.#violations.length === known) this.#noteRollback(fault, played);
          if ((played.world.called.get(step)?.attempts ?? 0) <= attempts) break;
        }
      }
    }
  }

  #noteRollback(fault: Fault, played: Played): void {
    const undone = (one: Played): number => [...one.world.called.values()].filter((call) => call.isCompensation).length;
    if (undone(played) > (this.#worst === undefined ? undone(this.#calm!) : undone(this.#worst.played))) {
      this.#worst = { fault, played };
    }
  }

  /** Plays the case with faults, and judges what came of it. `write` says what is being written where the process dies. */
  async #try(faults: readonly Fault[], write = ""): Promise<Played> {
    this.#isCut ||= this.#faults >= MOST_FAULTS || this.#violations.length >= MOST_VIOLATIONS;
    if (this.#isCut) return this.#calm!;
    const played = await this.#play(faults);
    this.#calm ??= played;
    if (faults.length > 0) this.#faults++;
    const { workflow, runtime } = this.#options;
    const problems = await judgeChaos({ played, calm: this.#calm, faults, workflow, drain: runtime.drain });
    if (problems.length > 0) {
      const fault = faults.map((one) => describeFault(one, write)).join(", and ") || "nothing went wrong on purpose";
      this.#violations.push({ fault, problems, seed: this.#case.seed ?? "maestro" });
    }
    return played;
  }

  async #play(faults: readonly Fault[]): Promise<Played> {
    const { mocks, env, secrets, startAt, seed } = this.#case;
    const { runtime, wrapStorage } = this.#options;
    const world = new ChaosWorld(faults);
    const tester = createTester({
      runtime,
      mocks,
      env,
      secrets,
      startAt,
      seed,
      faults: world,
      wrapStorage,
      realLimitMs: 10_000,
    });
    try {
      await this.#planMessages(tester);
      const end = await this.#endOf(tester, world);
      return { world, ...end, runs: await keptRuns(tester.storage) };
    } finally {
      await tester.close();
    }
  }

  /** Starts the run, and starts it again as often as the process dies. */
  async #endOf(tester: Tester, world: ChaosWorld): Promise<Pick<Played, "result" | "error">> {
    const { input, id = "run" } = this.#case;
    for (;;) {
      const death = world.death();
      const end = async (): Promise<RunResult> =>
        await (await tester.start(this.#options.workflow, { input, id })).result();
      let hasDied = false;
      void death.then(() => hasDied = true);
      try {
        const result = await Promise.race([end(), death]);
        if (result !== "died") return { result, error: undefined };
      } catch (thrown) {
        await Promise.resolve();
        if (!hasDied) return { result: undefined, error: describeError(thrown) };
      }
    }
  }

  async #planMessages(tester: Tester): Promise<void> {
    const { signals, cancelAt, id = "run" } = this.#case;
    const client = await tester.client();
    // A fault may end the run before anybody sends it anything.
    const unlessEnded = (send: () => Promise<unknown>) => (): Promise<unknown> =>
      send().catch((thrown) => {
        if (!MaestroError.is(thrown, "run_ended")) throw thrown;
      });
    for (const { at, name, data } of signals) tester.at(at, unlessEnded(() => client.signal(id, { name, data })));
    if (cancelAt !== undefined) tester.at(cancelAt, unlessEnded(() => client.cancel(id)));
  }
}

async function keptRuns(storage: Storage): Promise<readonly KeptRun[]> {
  const { runs } = await storage.listRuns({ limit: 1_000 });
  return await Promise.all(runs.map(async (run) => ({ run, journal: await readTurns(storage, run.id) })));
}

function describeFault(fault: Fault, write: string): string {
  if (fault.kind === "crash") return `crash ${fault.when} write ${fault.write} (${write})`;
  const { step, attempts, when } = fault;
  const name = step.slice(step.indexOf(" ") + 1);
  return `${name} fails ${attempts === 1 ? "once" : `${attempts} times`} ${when} its effect`;
}
