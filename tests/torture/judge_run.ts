import { isJsonObject } from "../../src/base/json.ts";
import { isFinal, type RunStatus } from "../../src/engine/run.ts";
import type { CallTraits } from "./torture_workflow.ts";
import { readHistory, type RunHistory, type StepHistory } from "./run_history.ts";
import type { Evidence, ExportedRun, TorturedRun } from "./evidence.ts";
import { type ServiceCall, undoneBy } from "./torture_service.ts";

/** A call that was cut off may be seen by the service so much later, in milliseconds: this process is busy, too. */
const CUT_OFF_MS = 1_000;

/** What a process had sent before it was stopped or killed may arrive so much later, in milliseconds. */
const UNDER_WAY_MS = 5;

/** What it was about to send when it was stopped arrives so soon after it goes on, in milliseconds. */
const WAKE_UP_MS = 2_000;

/** Says everything that is wrong with one run: its journal, compared with what the service saw. */
export function judgeRun(evidence: Evidence, exported: ExportedRun): string[] {
  return new RunJudge(evidence, exported).judge();
}

class RunJudge {
  readonly #evidence: Evidence;
  readonly #exported: ExportedRun;
  readonly #id: string;
  readonly #root: TorturedRun;
  readonly #history: RunHistory;
  readonly #callsOf = new Map<string, ServiceCall[]>();
  /** Steps and processes that had a request under way while the process was stopped: one each. */
  readonly #excused = new Set<string>();
  readonly #found: string[] = [];

  constructor(evidence: Evidence, exported: ExportedRun) {
    this.#evidence = evidence;
    this.#exported = exported;
    this.#id = String(exported.run["run_id"]);
    this.#root = evidence.runs.get(String(exported.run["root"]))!;
    this.#history = readHistory(exported.journal);
    for (const call of evidence.service.calls) {
      if (call.run === this.#id) this.#callsOf.set(call.step, [...this.#callsOf.get(call.step) ?? [], call]);
    }
  }

  judge(): string[] {
    this.#found.push(...this.#history.problems);
    this.#judgeRecord();
    this.#judgeOwnership();
    for (const [step, calls] of this.#callsOf) this.#judgeCalls(step, calls);
    for (const step of this.#history.steps.values()) this.#judgeOutcome(step);
    this.#judgeOrder();
    this.#judgeChildren();
    if (this.#exported.run["parent"] === null) this.#judgeFate();
    return this.#found.map((text) => `run ${this.#id}: ${text}`);
  }

  #complain(text: string): void {
    this.#found.push(text);
  }

  get #status(): RunStatus {
    return this.#exported.run["status"] as RunStatus;
  }

  #traits(step: string): CallTraits | undefined {
    return this.#root.workflow.calls.get(step.slice(step.lastIndexOf("/") + 1).replace(/\[.*/, ""));
  }

  /** What the store says of the run, and what its journal says. */
  #judgeRecord(): void {
    const { run } = this.#exported;
    const { finished } = this.#history;
    if (!isFinal(this.#status)) this.#complain(`it has not ended but is ${this.#status}`);
    if (finished === undefined) return;
    const one = JSON.stringify([run["status"], run["cause"], run["output"]]);
    const other = JSON.stringify([finished.status, finished.cause, finished.output]);
    if (one !== other) this.#complain(`the store has ${one}, its journal ${other}`);
    if (run["owner"] !== null) this.#complain(`it has ended and belongs to ${run["owner"]}`);
    const { undone, notUndone, unknown } = finished.rollback;
    const isLeft = notUndone.length + unknown.length > 0;
    if (isLeft !== (this.#status === "compensation_failed")) {
      this.#complain(`it is ${this.#status}, left to undo: ${[...notUndone, ...unknown].join(" ")}`);
    }
    if (this.#status === "compensated" && undone.length === 0) this.#complain("it is compensated and undid nothing");
    if (this.#status === "cancelled" && !this.#isCancellable) this.#complain("it is cancelled, which nobody asked for");
  }

  get #isCancellable(): boolean {
    return this.#root.isCancelled || this.#exported.run["parent"] !== null;
  }

  /** Nobody takes a run over from a process that lives; one whose child is paused lets go of it by itself. */
  #judgeOwnership(): void {
    const calls = this.#evidence.service.calls.filter(({ run }) => run === this.#id);
    const before = new Set<number>();
    for (const call of calls) {
      for (const process of before) {
        const isRival = process !== call.process && this.#history.children.size === 0;
        if (isRival && this.#lives(call) && this.#lives({ process, at: call.at }) && !this.#hasLetGo(process)) {
          this.#complain(`process ${call.process} calls ${call.step}, and process ${process} has the run`);
        }
      }
      before.add(call.process);
    }
  }

  /** Whether a process was told to leave its runs to others. */
  #hasLetGo(process: number): boolean {
    return this.#evidence.processes[process - 1]!.signals.some(({ name }) => name === "SIGTERM");
  }

  /** Whether the process of a call was alive and awake when it arrived; otherwise it was under way. */
  #lives({ process, at }: Pick<ServiceCall, "process" | "at">): boolean {
    const { signals, end } = this.#evidence.processes[process - 1]!;
    let isAwake = true;
    for (const signal of signals) {
      if (signal.at > at + UNDER_WAY_MS) break;
      isAwake = signal.name === "SIGTERM" ? isAwake : signal.name === "SIGCONT" && signal.at + WAKE_UP_MS < at;
    }
    return isAwake && (end?.at ?? Infinity) > at;
  }

  /** The requests of one step: why they were sent at all, and that all are the same. */
  #judgeCalls(step: string, calls: readonly ServiceCall[]): void {
    const asked = /^(.+)\/reconcile(?:!\d+)?$/.exec(step)?.[1];
    if (asked !== undefined) {
      if (this.#traits(asked)?.isReconciled !== true) this.#complain(`somebody asked about ${asked}`);
      return;
    }
    const history = this.#history.steps.get(step);
    if (history === undefined) return this.#complain(`the service was called by ${step}, which the journal has not`);
    const [first] = calls;
    for (const call of calls) {
      const { key, method, path, body, at } = call;
      if (at < history.scheduledAt) this.#complain(`${step} was called before it was stored`);
      for (
        const [what, one, other] of [
          ["key", key, first!.key],
          ["path", path, first!.path],
          ["body", body, first!.body],
          ["method", method, first!.method],
        ]
      ) {
        if (one !== other) this.#complain(`${step} was called with ${what} ${other}, then with ${one}`);
      }
      this.#judgeLateCall(history, call);
    }
    const traits = this.#traits(step);
    if (traits?.atMostOnce === true && calls.length > 1) this.#complain(`${step} was called ${calls.length} times`);
  }

  #judgeLateCall({ path, outcome, outcomeAt }: StepHistory, call: ServiceCall): void {
    if (outcome === undefined || outcomeAt === undefined || call.at <= outcomeAt) return;
    if (!this.#lives(call)) {
      const isOneOfMany = this.#excused.has(`${path} ${call.process}`);
      this.#excused.add(`${path} ${call.process}`);
      if (!isOneOfMany) return;
    }
    if (outcome.type !== "step_completed" && call.at <= outcomeAt + CUT_OFF_MS) return;
    this.#complain(
      `${path} was called by process ${call.process} ${
        call.at - outcomeAt
      } ms after its outcome ${outcome.type} was stored`,
    );
  }

  /** What a step came to, and what became of its effect. */
  #judgeOutcome({ path, outcome }: StepHistory): void {
    if (outcome === undefined) return;
    const effects = this.#evidence.service.effectsOf(this.#id, path);
    if (effects.length > 1) this.#complain(`${path} had ${effects.length} effects`);
    const undone = undoneBy({ step: path });
    if (undone !== undefined) return this.#judgeUndoing(path, undone, outcome.type);
    if (outcome.type === "step_completed") {
      const id = isJsonObject(outcome.output) ? outcome.output["id"] : undefined;
      const isQuestion = path.endsWith("/reconcile");
      if (!isQuestion && id !== effects[0]?.id) {
        this.#complain(`${path} completed with ${JSON.stringify(outcome.output)}, its effect is ${effects[0]?.id}`);
      }
    }
    const traits = this.#traits(path);
    if (traits?.undo !== undefined) this.#judgeRollback(path, traits, outcome.type);
  }

  /** A compensation: of a step that had something to undo. */
  #judgeUndoing(path: string, undone: string, type: string): void {
    const step = this.#history.steps.get(undone);
    const was = step?.outcome?.type;
    if (was !== "step_completed" && was !== "step_unknown") this.#complain(`${undone} was undone after ${was}`);
    if (this.#traits(undone)?.undo === "works" && type !== "step_completed") this.#complain(`${path} ended as ${type}`);
  }

  /** A step that can be undone, in the light of how its run ended. */
  #judgeRollback(path: string, traits: CallTraits, type: string): void {
    const calls = [...this.#callsOf].filter(([step]) => undoneBy({ step }) === path).flatMap(([, some]) => some);
    const [effect] = this.#evidence.service.effectsOf(this.#id, path);
    const isLeft = effect !== undefined && effect.undoneAt === undefined;
    if (this.#status === "completed") {
      const isTouched = calls.length > 0 || this.#endsOf(path).length > 0;
      if (isTouched && !traits.isRacing) this.#complain(`it completed and has undone ${path}`);
    } else if (type === "step_completed") {
      if (calls.length === 0) this.#complain(`${path} completed and nobody tried to undo it`);
      this.#judgeUndone(path, traits, isLeft);
    } else if (type === "step_unknown") {
      this.#judgeUnknown(path, traits, { isLeft, isTried: calls.length > 0 });
    } else {
      if (calls.length > 0) this.#complain(`${path} was undone after ${type}`);
      if (isLeft) this.#complain(`${path} took effect, ended as ${type} and is not undone`);
    }
  }

  #judgeUndone(path: string, { undo }: CallTraits, isLeft: boolean): void {
    const ends = this.#endsOf(path);
    // After a crash even a refusal leaves open whether an earlier request came through.
    const isFair = undo === "works" ? ends === "undone" : ends === "notUndone" || ends === "unknown";
    if (!isFair) this.#complain(`${path} completed, and the rollback lists it as "${ends}"`);
    if (undo === "works" && isLeft) this.#complain(`${path} completed and was not undone`);
  }

  #judgeUnknown(path: string, traits: CallTraits, { isLeft, isTried }: { isLeft: boolean; isTried: boolean }): void {
    const isHandled = [...this.#history.handled].some((handled) => path === handled || path.startsWith(`${handled}/`));
    if (traits.onUnknown || traits.isReconciled) {
      if (!isHandled && traits.undo === "works" && isLeft) this.#complain(`${path} is unknown and was not undone`);
      return;
    }
    if (isTried) this.#complain(`${path} is unknown and was undone blindly`);
    if (!isHandled && this.#endsOf(path) !== "unknown") this.#complain(`${path} is unknown, which the end conceals`);
  }

  /** The lists of the rollback that a step stands in. */
  #endsOf(path: string): string {
    const lists = Object.entries(this.#history.finished?.rollback ?? {});
    return lists.filter(([, steps]) => steps.includes(path)).map(([list]) => list).join(" ");
  }

  /** Undone is in the reverse order of outcomes. */
  #judgeOrder(): void {
    const isParallel = this.#root.workflow.document["compensation"] !== undefined;
    if (this.#exported.run["parent"] === null && isParallel) return;
    const undone = [...this.#history.steps.values()]
      .flatMap(({ scheduled: { compensates } }) =>
        compensates === undefined ? [] : this.#history.steps.get(compensates) ?? []
      )
      .filter(({ path }) => this.#traits(path)?.isRacing === false);
    for (const [index, { path, outcomeNumber }] of undone.entries()) {
      const before = undone[index - 1];
      if (before !== undefined && before.outcomeNumber! < outcomeNumber!) {
        this.#complain(`${path} was undone after ${before.path}, and had completed later`);
      }
    }
  }

  #judgeChildren(): void {
    for (const { runId, step, statuses } of this.#history.children.values()) {
      const child = this.#evidence.exported.get(runId);
      if (child === undefined) {
        this.#complain(`its child ${runId} is not in the store`);
        continue;
      }
      const status = child.run["status"];
      if (statuses.at(-1) !== status) {
        this.#complain(`its child ${runId} is ${status}, and told it ${statuses.join(", ")}`);
      }
      const { exported } = this.#evidence;
      const hasEffects = readHistory(exported.get(runId)!.journal).steps;
      const isUndoable = [...hasEffects.values()].some(({ path, outcome }) =>
        outcome?.type === "step_completed" && this.#traits(path)?.undo !== undefined
      );
      if (this.#status !== "completed" && status === "completed" && isUndoable) {
        this.#complain(`its child ${step} was not undone`);
      }
      if (this.#status === "completed" && statuses.length > 1) this.#complain(`its child ${step} was undone`);
    }
  }

  /** What could be known of the run before it began. */
  #judgeFate(): void {
    const { workflow: { fate, outputs, signals }, isCancelled } = this.#root;
    const isComplete = this.#status === "completed";
    if (!isCancelled && fate === "completes" && !isComplete) {
      this.#complain(`it ended ${this.#status} and had to complete: ${JSON.stringify(this.#exported.run["error"])}`);
    }
    if (fate === "fails" && isComplete) this.#complain("it completed and had to fail");
    if (!isComplete) return;
    const output = this.#exported.run["output"];
    if (!isJsonObject(output)) return this.#complain("its output is no map");
    const idOf = (path: string): string | undefined => this.#evidence.service.effectsOf(this.#id, path)[0]?.id;
    // What an error that was handled has left undone is null.
    const mayLack = (name: string): boolean => fate === "either" && output[name] === null;
    for (const [name, path] of outputs) {
      const expected = JSON.stringify(typeof path === "string" ? idOf(path) : path.map(idOf));
      if (JSON.stringify(output[name]) !== expected && !mayLack(name)) {
        this.#complain(`its output ${name} is ${JSON.stringify(output[name])}, not ${expected}`);
      }
    }
    for (const name of signals) {
      const expected = JSON.stringify(this.#root.signals.get(name));
      if (JSON.stringify(output[name]) !== expected && !mayLack(name)) {
        this.#complain(`signal ${name} brought ${JSON.stringify(output[name])}`);
      }
    }
  }
}
