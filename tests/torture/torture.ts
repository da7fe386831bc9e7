import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonValue } from "../../src/base/json.ts";
import { Chance } from "../simulation/chance.ts";
import { type Evidence, listRuns, readStore, type TorturedRun } from "./evidence.ts";
import { type MaestroProcess, MaestroProcesses, type ProcessEnd } from "./maestro_process.ts";
import { writeWorkflow } from "./random_workflow.ts";
import { type ServiceCall, TortureService, undoneBy } from "./torture_service.ts";

/** What a round of torture is. */
export interface TortureOptions {
  /** Path of the compiled program. */
  readonly program: string;
  /** An empty folder for store and workflows. */
  readonly folder: string;
  readonly seed: string;
  /** How many processes are killed. */
  readonly kills: number;
  /** Whether some processes are stopped for longer than their lease, which takes its time. @default false */
  readonly stalls?: boolean | undefined;
}

/** Processes that are tortured at a time. */
const LANES = 4;

/** Most runs that have begun and not ended. */
const OPEN_RUNS = 7;

/** A process that has not ended after so long, in milliseconds, is stuck. */
const PATIENCE_MS = 60_000;

/** The same where others are stalled: a run may go from one stalled process to the next. */
const LONG_PATIENCE_MS = 240_000;

/** The lease of a process is shorter, in milliseconds. */
const STALL_MS = 33_000;

/** Most processes that are stalled at a time. */
const MOST_STALLED = 3;

const FATES = {
  killed_in_time: 25,
  killed_at_request: 35,
  killed_at_answer: 20,
  killed_at_undo: 20,
  terminated: 7,
  stopped: 4,
  lives: 8,
} as const;

type Fate = keyof typeof FATES;

/** Kills processes until there were enough of them, then lets every run come to its end and gathers what can be known of it. */
export async function torture(options: TortureOptions): Promise<Evidence> {
  const { program, folder, seed } = options;
  const chance = new Chance(seed);
  const service = new TortureService(chance.fork("service"));
  const endpoint = await service.listen();
  mkdirSync(join(folder, "store"));
  const processes = new MaestroProcesses(program, folder);
  const torment = new Torment({ ...options, chance, service, processes, endpoint });
  try {
    await torment.run();
    const { runs, problems } = torment;
    const evidence = { folder, runs, service, processes: processes.all, problems };
    try {
      return { ...evidence, ...await readStore(processes) };
    } catch (error) {
      return { ...evidence, listed: [], exported: new Map(), problems: [...problems, String(error)] };
    }
  } finally {
    await service.close();
    processes.killAll();
    // For whoever has to find out what happened.
    writeFileSync(join(folder, "requests.json"), JSON.stringify(service.calls, null, 1));
    writeFileSync(join(folder, "processes.json"), JSON.stringify(processes.all, null, 1));
  }
}

interface TormentOptions extends TortureOptions {
  readonly chance: Chance;
  readonly service: TortureService;
  readonly processes: MaestroProcesses;
  readonly endpoint: string;
}

class Torment {
  readonly runs: Map<string, TorturedRun> = new Map();
  readonly problems: string[] = [];
  readonly #options: TormentOptions;
  /** What hears of a process's requests, and of their answers. */
  readonly #watchers = new Map<number, TortureService["onCall"]>();
  /** Processes that are stopped for longer than their lease. */
  readonly #stalled = new Set<Promise<unknown>>();
  #kills = 0;
  #isEnding = false;

  constructor(options: TormentOptions) {
    this.#options = options;
    options.service.onCall = (call, moment) => this.#watchers.get(call.process)?.(call, moment);
  }

  async run(): Promise<void> {
    const { chance } = this.#options;
    const others = [this.#signalling(chance.fork("signals")), this.#caring()].map((other) => this.#guard(other));
    await Promise.all(Array.from({ length: LANES }, (_, lane) => this.#lane(chance.fork(`lane ${lane}`))));
    await Promise.all(this.#stalled);
    await this.#guard(this.#finish());
    this.#isEnding = true;
    await Promise.all(others);
  }

  /** What goes wrong here is a finding like any other: the store does not answer. */
  async #guard(work: Promise<void>): Promise<void> {
    await work.catch((error) => void this.problems.push(String(error)));
  }

  async #lane(chance: Chance): Promise<void> {
    while (this.#kills < this.#options.kills && this.problems.length === 0) {
      const [args, run] = this.#choose(chance);
      const process = this.#options.processes.start(args);
      if (this.#options.stalls && this.#stalled.size < MOST_STALLED && chance.happens(0.05)) {
        const stall = this.#stall(process, chance);
        this.#stalled.add(stall);
        void stall.finally(() => this.#stalled.delete(stall));
        continue;
      }
      if (run !== undefined) run.drivers++;
      // Now and then two set out for the same run.
      const rival = chance.happens(0.1) ? this.#options.processes.start(args) : undefined;
      await Promise.all([this.#suffer(process, chance), rival && this.#suffer(rival, chance)]);
      if (run !== undefined) {
        run.drivers--;
        run.isOver ||= isEnd(process);
        run.isCreated = !process.end?.stderr.includes("error[run_not_found]");
      }
    }
  }

  /**
   * Stops a process for longer than its lease: others take its runs over, and it wakes up late. In the middle of a call, because one that
   * holds the lock of the store would stop everybody.
   */
  async #stall(process: MaestroProcess, chance: Chance): Promise<void> {
    let left = chance.delay(1, 6);
    const isCalling = new Promise<void>((resolve) =>
      this.#watchers.set(process.number, () => {
        if (--left === 0) resolve();
      })
    );
    const end = this.#end(process);
    await Promise.race([end, isCalling]);
    process.signal("SIGSTOP");
    await Promise.race([end, pass(STALL_MS)]);
    process.signal("SIGCONT");
    await end;
    this.#watchers.delete(process.number);
  }

  /** Picks what is done next: the arguments, and the run that it is about. */
  #choose(chance: Chance): [readonly string[], TorturedRun?] {
    const open = [...this.runs.values()].filter(({ isOver }) => !isOver);
    if (open.length === 0 || (open.length < OPEN_RUNS && chance.happens(0.4))) {
      const run = this.#createRun(chance);
      return [this.#execute(run, chance), run];
    }
    const idle = open.filter(({ drivers }) => drivers === 0);
    const run = chance.pick(idle.length > 0 && chance.happens(0.85) ? idle : open);
    if (!run.isCreated) return [this.#execute(run, chance), run];
    const flags = chance.happens(0.5) ? ["-o", "json"] : [];
    switch (chance.weighted({ resume: 12, all: 3, again: 2, cancel: 0.5, look: 0.5 })) {
      case "resume":
        return [["runs", "resume", run.id, ...flags], run];
      case "all":
        return [["runs", "resume", "--all", ...flags]];
      case "again":
        return [this.#execute(run, chance), run];
      case "cancel":
        run.isCancelled = true;
        return [["runs", "cancel", run.id, ...flags], run];
      case "look":
        return [chance.pick([["runs", "list"], ["why", run.id], ["runs", "show", run.id], ["runs", "logs", run.id]])];
    }
  }

  #createRun(chance: Chance): TorturedRun {
    const { folder, endpoint } = this.#options;
    const number = String(this.runs.size + 1).padStart(4, "0");
    const workflow = writeWorkflow(chance.fork(`workflow ${number}`), `wf_${number}`, endpoint);
    const file = `wf_${number}.yaml`;
    writeFileSync(join(folder, file), JSON.stringify(workflow.document, null, 1));
    for (const [name, child] of workflow.children) writeFileSync(join(folder, name), JSON.stringify(child, null, 1));
    const run: TorturedRun = {
      id: `run-${number}`,
      file,
      workflow,
      signals: new Map(workflow.signals.map((name) => [name, { name, number: chance.between(0, 1000) }])),
      unsent: new Set(workflow.signals),
      isCancelled: false,
      isCreated: false,
      isOver: false,
      drivers: 0,
    };
    this.runs.set(run.id, run);
    return run;
  }

  #execute({ file, id }: TorturedRun, chance: Chance): readonly string[] {
    return ["execute", file, "--id", id, ...(chance.happens(0.5) ? ["-o", "json"] : [])];
  }

  /** Lets a process live until its fate, or its own end. */
  async #suffer(process: MaestroProcess, chance: Chance): Promise<void> {
    const fate = chance.weighted(FATES);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = (ms: number, act: () => void): void => {
      clearTimeout(timer);
      timer = setTimeout(act, ms);
    };
    const kill = (): void => void process.signal("SIGKILL");
    switch (fate) {
      case "killed_in_time":
        later(chance.between(0, 300), kill);
        break;
      case "killed_at_request":
      case "killed_at_answer":
      case "killed_at_undo": {
        let left = chance.delay(1, 8);
        later(chance.between(500, 1_500), kill);
        this.#watchers.set(process.number, (call, moment) => {
          if (isCue(fate, call, moment) && --left === 0) later(chance.delay(0, 8), kill);
        });
        break;
      }
      case "terminated":
        later(chance.between(0, 300), () => process.signal("SIGTERM"));
        break;
      case "stopped":
        later(chance.between(0, 300), () => {
          process.signal("SIGSTOP");
          later(chance.between(10, 200), () => process.signal("SIGCONT"));
        });
        break;
      case "lives":
        break;
    }
    const { killedBy } = await this.#end(process);
    clearTimeout(timer);
    this.#watchers.delete(process.number);
    if (killedBy === "SIGKILL") this.#kills++;
  }

  /** Waits for the end of a process, not for ever. */
  async #end(process: MaestroProcess): Promise<ProcessEnd> {
    const timer = setTimeout(() => {
      this.problems.push(`process ${process.number} is stuck: maestro ${process.args.join(" ")}`);
      process.signal("SIGKILL");
    }, this.#options.stalls ? LONG_PATIENCE_MS : PATIENCE_MS);
    const end = await process.ended;
    clearTimeout(timer);
    return end;
  }

  /** Sends the signals that runs wait for, some early, some twice, from processes that may be killed, too. */
  async #signalling(chance: Chance): Promise<void> {
    while (!this.#isEnding) {
      await pass(chance.between(5, 60));
      const waiting = [...this.runs.values()].filter(({ isOver, unsent }) => !isOver && unsent.size > 0);
      if (waiting.length === 0) continue;
      const run = chance.pick(waiting);
      const name = chance.pick([...run.unsent]);
      const data = JSON.stringify(run.signals.get(name));
      const process = this.#options.processes.start(["runs", "signal", run.id, name, "--data", data, "--id", name]);
      const timer = chance.happens(0.3)
        ? setTimeout(() => process.signal("SIGKILL"), chance.between(0, 150))
        : undefined;
      const { code, stderr } = await this.#end(process);
      clearTimeout(timer);
      // One that came through is now and then sent once more.
      if ((code === 0 && chance.happens(0.8)) || stderr.includes("error[run_ended]")) run.unsent.delete(name);
    }
  }

  /** Lets runs go on that were killed so often that they are paused: parents wait for such children for ever. */
  async #caring(): Promise<void> {
    const { processes } = this.#options;
    const cared = new Map<string, Promise<unknown>>();
    while (!this.#isEnding) {
      await pass(1_000);
      for (const { run_id, status } of await listRuns(processes)) {
        const id = String(run_id);
        if (status !== "paused" || cared.has(id)) continue;
        cared.set(id, this.#end(processes.start(["runs", "resume", id])).finally(() => cared.delete(id)));
      }
    }
    await Promise.all(cared.values());
  }

  /** Lets all runs come to their ends. */
  async #finish(): Promise<void> {
    const { processes } = this.#options;
    for (let round = 0; round < 10 && this.problems.length === 0; round++) {
      const listed = await listRuns(processes);
      const open = listed.filter((run) => run["finished_at"] === null && run["parent"] === null);
      for (const run of this.runs.values()) {
        run.isOver = !open.some(({ run_id }) => run_id === run.id);
      }
      if (open.length === 0) return await this.#tidy();
      await this.#end(processes.start(["runs", "resume", "--all"]));
      await pass(100);
    }
    this.problems.push("there are runs that do not end");
  }

  /** The next process clears away what dead ones have left long ago. */
  async #tidy(): Promise<void> {
    const { chance, processes, folder } = this.#options;
    const workers = join(folder, "store", "maestro.db-workers");
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const file of readdirSync(workers)) utimesSync(join(workers, file), longAgo, longAgo);
    const last = this.#createRun(chance.fork("last"));
    await this.#end(processes.start(this.#execute(last, chance)));
  }
}

function pass(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Whether a process of this fate begins to count at this request or answer. */
function isCue(fate: Fate, call: ServiceCall, moment: "arrived" | "answered"): boolean {
  if (fate === "killed_at_undo") return undoneBy(call) !== undefined;
  return moment === (fate === "killed_at_answer" ? "answered" : "arrived");
}

/** Whether what a process that was at one run said means that the run has ended. */
function isEnd({ args, end }: MaestroProcess): boolean {
  if (end === undefined || args[1] === "--all") return false;
  return end.code === 0 || end.code === 1 || end.code === 4 || end.code === 6 || isEndedStatus(end.stdout);
}

function isEndedStatus(stdout: string): boolean {
  try {
    const answer = JSON.parse(stdout) as JsonValue;
    return isJsonObject(answer) && answer["status"] === "compensation_failed";
  } catch {
    return false;
  }
}
