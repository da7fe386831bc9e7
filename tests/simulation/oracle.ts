import { isFinal } from "../../src/engine/run.ts";
import { checkJournal, checkReplay } from "./journal_checks.ts";
import type { Looseness, Program } from "./program.ts";
import { checkEffects, checkRollback } from "./rollback_checks.ts";
import { ROOT_RUN, type Simulated } from "./simulation.ts";

/** What a seed is judged by. */
export interface Case {
  readonly program: Program;
  readonly simulated: Simulated;
  /** The simulation of the same program in which nothing went wrong; absent where this is it. */
  readonly calm?: Simulated | undefined;
  /** Whether every beginning of every journal is replayed, and not only the whole. */
  readonly isThorough: boolean;
}

/** Says everything that is wrong with a simulation. */
export async function judge({ program, simulated, calm, isThorough }: Case): Promise<string[]> {
  const { stop, runs, endedAt, faults, beats, world, lateCalls } = simulated;
  const found = [...faults, ...beats.faults];
  if (stop !== "over") found.push(`the run has not ended: ${stop} after ${endedAt} ms`);
  for (const kept of runs) {
    const { run, journal } = kept;
    if (!isFinal(run.status)) found.push(unfinished(kept.run));
    found.push(...checkJournal(kept));
    found.push(...checkMail(simulated, run.id, run.mail));
    const lengths = isThorough ? journal.keys() : [];
    found.push(...await checkReplay(kept, program, lengths));
    found.push(...checkRollback(kept, program));
    found.push(...checkEffects(kept, program, world, lateCalls));
  }
  if (calm !== undefined) found.push(...compareEnds(program, simulated, calm));
  return found;
}

/** Every message that a run ever had has been taken, or is in its inbox. */
function checkMail({ store }: Simulated, runId: string, mail: number): string[] {
  const { messages, taken } = store.runs.get(runId)!;
  if (mail === messages.size - taken.size) return [];
  return [`run ${runId}: of ${messages.size} messages ${taken.size} were taken, and ${mail} are left`];
}

function unfinished({ id, status, owner, wakeAt, mail, pause }: Simulated["runs"][number]["run"]): string {
  return `run ${id} is ${status}: owner ${owner}, wakeAt ${wakeAt}, mail ${mail}, pause ${pause?.reason}`;
}

/**
 * What may make a program end in another way than when nothing goes wrong, so that ends are not compared at all. Each has its reason in
 * the failure matrix: time passes while a process is down, and some answers then come too late or in another order.
 */
const ANY_END: readonly Looseness[] = ["race", "timeout", "cancel", "at most once", "unanswered"];

/** What may change how much was done before a run failed, but not that it fails. */
const SAME_CLASS: readonly Looseness[] = ["siblings", "unknown sticks"];

function compareEnds({ looseness }: Program, simulated: Simulated, calm: Simulated): string[] {
  if (ANY_END.some((reason) => looseness.has(reason))) return [];
  const isLoose = SAME_CLASS.some((reason) => looseness.has(reason));
  const one = end(calm, isLoose);
  const other = end(simulated, isLoose);
  return one === other ? [] : [`it ended ${other} instead of ${one}`];
}

function end({ runs }: Simulated, isLoose: boolean): string {
  const root = runs.find(({ run }) => run.id === ROOT_RUN)?.run;
  if (root === undefined) return "nowhere";
  const { status, cause, output, error } = root;
  if (isLoose) return status === "completed" ? "completed" : "failed";
  return JSON.stringify([status, cause, output, error && [error.code, error.step]]);
}
