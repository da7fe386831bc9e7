import { MaestroError } from "../../src/base/errors.ts";
import type { Message, MessageBody, StoredRun } from "../../src/engine/storage.ts";
import { isFinal } from "../../src/engine/run.ts";
import type { Chance } from "./chance.ts";
import type { Cluster } from "./cluster.ts";
import type { Program, SignalPlan } from "./program.ts";
import { EPOCH } from "./sim_process.ts";
import type { VirtualTime } from "./virtual_time.ts";
import type { WatchedStorage } from "./watched_storage.ts";
import type { World } from "./world.ts";

/** What people need to act on a simulation. */
export interface PeopleOptions {
  readonly program: Program;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly store: WatchedStorage;
  readonly cluster: Cluster;
  readonly world: World;
  /** Whether what sends a message may crash before it has sent it, or before it hears that it arrived. */
  readonly mayLoseSenders: boolean;
  readonly tell: (text: string) => void;
}

/** How often people look at their runs, in milliseconds. */
const LOOK_MS = 500;

/** For how long a simulation goes on when its run has ended, in milliseconds. */
const AFTERWARDS_MS = 5_000;

/** How often a run is resumed that fails past its pivot again and again. */
const MOST_RESUMES = 3;

/** The people of a simulation: they start the run, send signals, and see to what waits for them. */
export class People {
  readonly #options: PeopleOptions;
  readonly #senders: Chance;
  #runId = "";
  #starts = 0;
  #isStarted = false;
  #isEnding = false;
  #isDone = false;
  #hasCompensated = false;
  #messages = 0;
  #resumes = 0;

  constructor(options: PeopleOptions) {
    this.#options = options;
    this.#senders = options.chance.fork("senders");
  }

  /** Whether the run has ended and nobody wants more of it. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Starts the program's run, and everything that people do meanwhile. */
  start(runId: string): void {
    this.#runId = runId;
    const { time, program, chance } = this.#options;
    this.#begin(chance.happens(0.3));
    for (const plan of program.signals) {
      for (const [index, at] of plan.times.entries()) time.after(at, () => void this.#signal(plan, index));
    }
    if (program.cancelAt !== undefined) time.after(program.cancelAt, () => void this.#cancel());
    const look = (): void => {
      time.after(LOOK_MS, look);
      void this.#look();
    };
    look();
  }

  /** Asks some process to start the run, again and again until it is there; or leaves it in the queue. */
  #begin(isQueued: boolean): void {
    const { cluster, time, chance, store, program, tell } = this.#options;
    if (this.#isStarted) return;
    const { run, started } = cluster.prepare(program.main, this.#runId, `root${this.#starts++}`);
    if (isQueued) {
      const first = { started };
      void store.createRun({ run: { ...run, status: "pending" }, definition: program.main.bundle, first });
      this.#isStarted = true;
      return;
    }
    const member = chance.pick(cluster.members);
    let ids = 0;
    const opened = cluster.opened(program.main, run, member, () => `${member.process.name}.start${ids++}`);
    member.process.after(1, () => {
      member.worker.start({ run, opened, started }).then(() => this.#isStarted = true, (thrown: unknown) => {
        tell(`the run could not be started: ${thrown}`);
        if (MaestroError.is(thrown, "run_conflict")) this.#isStarted = true;
      });
    });
    time.after(2_000, () => this.#begin(false));
  }

  /** Sends one signal to every run that is to have it; twice now and then. */
  async #signal(plan: SignalPlan, index: number): Promise<void> {
    const { time, store, chance } = this.#options;
    for (const runId of [...store.runs.keys()]) {
      const run = await store.find(runId);
      if (run?.workflow !== plan.workflow || isFinal(run.status)) continue;
      const id = `${plan.name}:${index}`;
      if (plan.hasMisfit && index === 0) await this.#deliver(runId, `${id}:misfit`, signal(plan.name, "misfit"));
      await this.#deliver(runId, id, signal(plan.name, { number: index }));
      if (chance.happens(0.2)) await this.#deliver(runId, id, signal(plan.name, { number: index }));
    }
    // A child may begin later.
    time.after(1_000, () => void this.#signal(plan, index));
  }

  async #cancel(): Promise<void> {
    const run = await this.#options.store.find(this.#runId);
    if (run === undefined) this.#options.time.after(100, () => void this.#cancel());
    else if (!isFinal(run.status)) await this.#order(run, { kind: "cancel" });
  }

  /** Sees to runs that wait for a person, and whether all is done. */
  async #look(): Promise<void> {
    const { store, program, world, time } = this.#options;
    for (const runId of [...store.runs.keys()]) {
      const run = (await store.find(runId))!;
      if (run.status === "paused" && run.owner === null && !this.#isOrdered(runId, ["resume", "cancel"])) {
        await this.#decide(run);
      }
    }
    const root = await store.find(this.#runId);
    if (root === undefined || !isFinal(root.status) || this.#isEnding) return;
    if (root.status === "compensation_failed" && program.compensates && !this.#hasCompensated) {
      this.#hasCompensated = true;
      world.heal();
      return await this.#order(root, { kind: "compensate", error: null });
    }
    if (this.#isOrdered(this.#runId, ["compensate"])) return;
    // Whoever has missed the end may still do something that nobody may.
    this.#isEnding = true;
    time.after(AFTERWARDS_MS, () => this.#isDone = true);
  }

  /** Whether an order of these kinds has not been carried out yet. */
  #isOrdered(runId: string, kinds: readonly Message["kind"][]): boolean {
    const { taken, messages } = this.#options.store.runs.get(runId)!;
    return [...messages.values()].some(({ id, kind }) => kinds.includes(kind) && !taken.has(id));
  }

  async #decide(run: StoredRun): Promise<void> {
    const { world, program } = this.#options;
    if (run.pause?.reason === "crash_loop") return await this.#order(run, { kind: "resume" });
    if (run.pause?.reason !== "past_pivot") return;
    world.heal();
    const isHopeless = this.#resumes++ === MOST_RESUMES;
    await this.#order(run, { kind: isHopeless ? "cancel" : program.pastPivot });
  }

  async #order(
    run: StoredRun,
    body: Extract<MessageBody, { kind: "resume" | "cancel" | "compensate" }>,
  ): Promise<void> {
    const { chance, cluster } = this.#options;
    await this.#deliver(run.id, `${body.kind}:${this.#messages++}`, body);
    // Whoever gives the order claims the run where nobody has it; or leaves that to those who listen.
    const { process, worker } = chance.pick(cluster.members);
    if (chance.happens(0.5)) process.after(1, () => void worker.claim([run.id]));
  }

  /** Whoever has not heard that a message arrived sends it again, under the same id. */
  async #deliver(runId: string, id: string, body: MessageBody): Promise<void> {
    const { store, time, tell, mayLoseSenders } = this.#options;
    const crash = mayLoseSenders ? this.#senders.weighted({ never: 8, before: 1, after: 1 }) : "never";
    if (crash !== "never") {
      tell(`what sends ${body.kind} ${id} crashes ${crash} that`);
      time.after(this.#senders.delay(1, 3_000), () => void this.#deliver(runId, id, body));
    }
    if (crash === "before") return;
    const message: Message = { runId, id, time: EPOCH + time.now, ...body };
    const delivery = await store.deliver({ message });
    if (delivery?.isDuplicate === false) tell(`${runId} is sent ${body.kind} ${id}`);
  }
}

function signal(name: string, data: Extract<MessageBody, { kind: "signal" }>["data"]): MessageBody {
  return { kind: "signal", name, data };
}
