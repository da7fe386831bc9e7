import type { Execution } from "./execution.ts";
import type { FactInbox } from "./fact_inbox.ts";
import { failure } from "./failure.ts";
import { patiently } from "./patience.ts";
import type { Pause, RunRecord } from "./run.ts";
import type { CreateRunRequest, StoredRun } from "./storage.ts";
import type { LiveRunOptions } from "./worker.ts";

/** The children of a run: an id that the program has chosen for one of them may be another run's. */
export class Family {
  /** Those that wait for a person. */
  readonly paused: Map<string, Pause> = new Map();
  readonly #options: Pick<LiveRunOptions, "clock" | "storage">;
  readonly #hasStopped: () => boolean;
  /** Hears that a step has failed whose child has the id of another run. */
  readonly #inbox: Pick<FactInbox, "add">;

  constructor(
    options: Pick<LiveRunOptions, "clock" | "storage">,
    hasStopped: () => boolean,
    inbox: Pick<FactInbox, "add">,
  ) {
    this.#options = options;
    this.#hasStopped = hasStopped;
    this.#inbox = inbox;
  }

  /** Of the children that a committed turn was to create, gives those that it has: the store leaves runs that exist alone. */
  async created(children: readonly CreateRunRequest[]): Promise<readonly CreateRunRequest[]> {
    const own: CreateRunRequest[] = [];
    for (const child of children) {
      const { id, internalId, parent } = child.run;
      const { step } = parent!;
      if (isChosen(id, step) && (await this.#find(id))?.internalId !== internalId) this.#refuse(step, id);
      else own.push(child);
    }
    return own;
  }

  /** Of the children that a recovered run waits for, gives those that this process is to go on with: others are another queue's. */
  async recovered(
    { children, startedAt }: Pick<Execution, "children" | "startedAt">,
    { id, queue }: Pick<RunRecord, "id" | "queue">,
  ): Promise<readonly string[]> {
    const own: string[] = [];
    for (const { step, runId, spec, action } of children) {
      const isGuest = action === "run" && isChosen(runId, step) && !isOf(await this.#find(runId));
      if (isGuest) this.#refuse(step, runId);
      else if ((spec?.queue ?? queue) === queue) own.push(runId);

      // A child of the same name from before the run began anew is another run, too.
      function isOf(found: StoredRun | undefined): boolean {
        return found?.parent?.runId === id && found.parent.step === step && found.startedAt >= startedAt;
      }
    }
    return own;
  }

  #refuse(step: string, runId: string): void {
    const error = failure("run_conflict", `Run "${runId}" exists already`);
    const child = { runId, status: "failed", output: null, error, isUndoable: false } as const;
    this.#inbox.add({ type: "child_finished", step, child });
  }

  #find(runId: string): Promise<StoredRun | undefined> {
    const { clock, storage } = this.#options;
    return patiently(clock, () => storage.findRun({ runId }), this.#hasStopped);
  }
}

/** Whether an id is not the one that is made of the step's path, which no other run has. */
function isChosen(runId: string, step: string): boolean {
  return !runId.endsWith(`/${step}`);
}
