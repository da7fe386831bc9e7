import type { Dag } from "../../src/dag/dag.ts";
import type { JournalTurn } from "../../src/engine/journal.ts";
import type { Storage } from "../../src/engine/storage.ts";
import type { RunResult } from "../../src/maestro.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { ManualClock } from "../servers/manual_clock.ts";
import { testMaestro } from "./run_dag.ts";

/** Where a process dies. */
export interface Death {
  /** Commits that are answered; it dies of the next one. */
  readonly commits: number;
  /** Whether that one still arrives. */
  readonly arrives: boolean;
}

/** What became of a run whose process died, and that another has taken over. */
export interface TwoLives {
  readonly result: RunResult;
  /** What the journal held when the first process died. */
  readonly before: readonly JournalTurn[];
  readonly journal: readonly JournalTurn[];
}

/** Longer than any lease. */
const LONG_MS = 120_000;

/** Runs a DAG in a process that dies, and goes on with it in another. `build` is told which of them is at work. */
export async function liveTwice(build: (life: "first" | "second") => Dag, death: Death): Promise<TwoLives> {
  const clock = new ManualClock();
  const storage = new MemoryStorage({ now: () => clock.now() });
  const { promise: died, resolve: die } = Promise.withResolvers<void>();
  const first = testMaestro({ storage: dying(storage, death, die), clock });
  const run = await first.start(build("first"), { input: {}, id: "r1" });
  await Promise.race([died, run.result()]);
  const journal = async (): Promise<readonly JournalTurn[]> => (await storage.readJournal({ runId: "r1" })).turns;
  const before = [...await journal()];
  clock.advance(LONG_MS);
  const second = testMaestro({ storage, clock });
  second.register(build("second"));
  const result = await (await second.resume("r1")).result();
  const lives = { result, before, journal: await journal() };
  await second.close();
  return lives;
}

/** A store as a process sees it that dies: from then on nothing that it sends arrives, and nothing is answered. */
function dying(storage: Storage, { commits, arrives }: Death, onDeath: () => void): Storage {
  let left = commits;
  let isDead = false;
  return new Proxy(storage, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      if (name === "onWakeup") return member.bind(target);
      return (...parameters: unknown[]): unknown => {
        const isFatal = !isDead && name === "commitTurn" && left-- === 0;
        if (isDead) return NEVER;
        if (!isFatal) return member.apply(target, parameters);
        isDead = true;
        if (arrives) member.apply(target, parameters);
        onDeath();
        return NEVER;
      };
    },
  });
}

const NEVER = new Promise<never>(() => undefined);
