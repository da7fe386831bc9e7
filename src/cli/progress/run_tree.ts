import { describeFailure } from "../report_run.ts";
import type { Entry, Failure, RunEvent, RunStatus, StepOutcome, StepScheduled } from "../run_events.ts";
import { ChildEvents } from "./child_events.ts";

/** How a step or block stands, as far as the picture goes. */
export type NodeStatus = "running" | "retrying" | "completed" | "failed" | "unknown" | "cancelled" | "skipped";

/** A step, a block, or one iteration of a block. */
export interface TreeNode {
  /** The last part of the path: an id, `[12]`, or `on error`. */
  readonly label: string;
  readonly parent: TreeNode | undefined;
  readonly children: Map<string, TreeNode>;
  kind: string;
  status: NodeStatus;
  /** `service method` of a call. */
  target: string;
  attempt: number;
  startedAt: number;
  finishedAt: number | undefined;
  /** When the next attempt starts. */
  retryAt: number | undefined;
  /** The last attempt's failure, in words. */
  problem: string | undefined;
  /** What it waits for beside an answer, in words. */
  waitsFor: string | undefined;
  /** Whether the failure was dealt with by `on_error`. */
  isHandled: boolean;
  /** Steps at or below this node that are going on. */
  active: number;
  /** Iterations of a block: how many there are to be, have begun and have failed. */
  items: number | undefined;
  begun: number;
  failed: number;
}

/** A step being undone. */
export interface UndoNode {
  readonly step: string;
  readonly target: string;
  /** Whether a child undoes it: the run counts the child as one step. */
  readonly isInner: boolean;
  status: NodeStatus;
  attempt: number;
  readonly startedAt: number;
  finishedAt: number | undefined;
  retryAt: number | undefined;
  problem: string | undefined;
}

type ChildScheduled = Extract<Entry, { readonly type: "child_scheduled" }>;
type ChildFinished = Extract<Entry, { readonly type: "child_finished" }>;

/** Finished undos that stay in the picture. */
const MOST_UNDONE_SHOWN = 20;

/** Failed iterations that stay in the picture; more are only counted. */
const MOST_FAILED_SHOWN = 3;

/**
 * The state of a run as a picture shows it: a fold of its events.
 *
 * Its size does not grow with the number of iterations: one that is over is counted and forgotten, and so are all but the last
 * undos that went well.
 */
export class RunTree {
  readonly root: TreeNode = createNode("", undefined, 0);
  readonly undos: Map<string, UndoNode> = new Map();
  /** Undos that have begun, and those that went well. */
  undosBegun = 0;
  #undoneShown = 0;
  undone = 0;
  workflow = "";
  status: RunStatus = "running";
  startedAt = 0;
  finishedAt: number | undefined;
  readonly #childEvents = new ChildEvents();
  /** Whether the event at hand is a child's. */
  #isInner = false;
  /** Why steps are undone, and how many that are in all. */
  rollback: { readonly reason: string; readonly steps: number } | undefined;

  /** Takes in one event of the run or of a child; gives the text of a `log` step's line. */
  apply(event: RunEvent): string | undefined {
    const placed = this.#childEvents.place(event);
    if (placed === undefined) return;
    const { workflow, time, entry } = placed;
    this.#isInner = placed !== event;
    if (!this.#isInner) this.workflow = workflow;
    switch (entry.type) {
      case "run_started":
        this.startedAt = time;
        return;
      case "step_scheduled":
        return entry.compensates === undefined ? this.#start(entry, time) : this.#startUndo(entry, time);
      case "attempt_started":
      case "attempt_failed":
        return this.#attempt(entry, time);
      case "step_completed":
      case "step_failed":
      case "step_unknown":
      case "step_cancelled":
        return this.#end(entry, time);
      case "rollback_started":
        this.rollback = { reason: describeFailure(entry.error), steps: entry.steps + (this.rollback?.steps ?? 0) };
        return;
      case "run_finished":
        this.status = entry.status;
        this.finishedAt = time;
        return;
      case "log":
        return entry.text;
      default:
        return this.#note(entry, time);
    }
  }

  #note(entry: Entry, time: number): undefined {
    if (entry.type === "block_opened") {
      const node = this.#node(entry.step, time);
      node.kind = entry.kind;
      this.#begin(node, time);
    } else if (entry.type === "block_closed" && entry.kind !== "compensation") {
      const node = this.#node(entry.step, time);
      node.problem = entry.failure && describeFailure(entry.failure);
      this.#settle(node, entry.status, time);
    } else if (entry.type === "block_closed") {
      this.#failUndo(entry.step, time, entry.failure);
    } else if (entry.type === "step_skipped" && entry.kind !== "compensation") {
      this.#settle(this.#node(entry.step, time), "skipped", time);
    } else if (entry.type === "items_counted") {
      this.#node(entry.step, time).items = entry.count;
    } else if (entry.type === "error_handled") {
      this.#node(entry.step, time).isHandled = true;
    } else this.#wait(entry, time);
  }

  #wait(entry: Entry, time: number): void {
    if (entry.type === "signal_awaited") this.#node(entry.step, time).waitsFor = `for the signal "${entry.signal}"`;
    else if (entry.type === "timer_set") {
      const step = sleeper(entry.timer);
      if (step !== undefined) this.#node(step, time).waitsFor = `until ${new Date(entry.due).toISOString()}`;
    } else if (entry.type === "child_scheduled") this.#startChild(entry, time);
    else if (entry.type === "child_finished") this.#endChild(entry, time);
    else if (entry.type === "run_paused") this.status = "paused";
    else if (entry.type === "resume_requested") this.status = "running";
  }

  #startChild({ step, workflow, compensates }: ChildScheduled, time: number): void {
    const call = { type: "step_scheduled" as const, step, service: "workflow", method: workflow, request: null };
    if (compensates !== undefined) return this.#startUndo({ ...call, compensates }, time);
    const node = this.#node(step, time);
    node.target = workflow;
    if (node.kind !== "") return;
    node.kind = "call";
    this.#begin(node, time);
  }

  #endChild({ step, child: { status, error } }: ChildFinished, time: number): void {
    const undo = this.undos.get(step);
    const isUndone = undo !== undefined && status !== "compensation_failed";
    const node = undo ?? this.#node(step, time);
    node.problem = error === null || isUndone ? undefined : describeFailure(error);
    if (undo !== undefined) {
      undo.status = isUndone ? "completed" : "failed";
      undo.finishedAt = time;
      if (isUndone) this.#forgetUndo(undo);
    } else if (node.finishedAt === undefined) {
      this.#settle(node as TreeNode, status === "completed" ? "completed" : "failed", time);
    }
  }

  #start({ step, service, method }: StepScheduled, time: number): undefined {
    const node = this.#node(step, time);
    node.kind = "call";
    node.target = `${service} ${method}`;
    this.#begin(node, time);
  }

  #startUndo({ step, service, method, compensates }: StepScheduled, time: number): undefined {
    if (!this.#isInner) this.undosBegun++;
    this.undos.set(step, {
      step: compensates ?? step,
      target: `${service} ${method}`.trim(),
      isInner: this.#isInner,
      status: "running",
      attempt: 1,
      startedAt: time,
      finishedAt: undefined,
      retryAt: undefined,
      problem: undefined,
    });
  }

  #failUndo(step: string, time: number, failure: Failure | undefined): void {
    if (!this.#isInner) this.undosBegun++;
    const undone = step.replace(/\/compensate$/, "");
    this.undos.set(step, {
      step: undone,
      target: "",
      isInner: this.#isInner,
      status: "failed",
      attempt: 0,
      startedAt: time,
      finishedAt: time,
      retryAt: undefined,
      problem: failure && describeFailure(failure),
    });
  }

  #attempt(entry: Extract<Entry, { type: "attempt_started" | "attempt_failed" }>, time: number): undefined {
    const node = this.undos.get(entry.step) ?? this.#node(entry.step, time);
    node.attempt = entry.attempt;
    if (entry.type === "attempt_started") {
      node.status = "running";
      node.retryAt = undefined;
    } else if (entry.retryInMs !== undefined) {
      node.status = "retrying";
      node.retryAt = time + entry.retryInMs;
      node.problem = describeFailure(entry.failure);
    }
  }

  #end(entry: StepOutcome, time: number): undefined {
    const status = entry.type.slice("step_".length) as NodeStatus;
    const undo = this.undos.get(entry.step);
    const node = undo ?? this.#node(entry.step, time);
    node.attempt = entry.attempts;
    node.retryAt = undefined;
    node.problem = entry.type === "step_completed" ? undefined : describeFailure(entry.failure);
    if (undo === undefined) return this.#settle(node as TreeNode, status, time);
    undo.status = status;
    undo.finishedAt = time;
    if (status === "completed") this.#forgetUndo(undo);
  }

  #forgetUndo({ isInner }: UndoNode): void {
    if (!isInner) this.undone++;
    if (++this.#undoneShown <= MOST_UNDONE_SHOWN) return;
    for (const [path, { status }] of this.undos) {
      if (status === "completed") return void this.undos.delete(path);
    }
  }

  #begin(node: TreeNode, time: number): void {
    node.status = "running";
    node.startedAt = time;
    for (let at: TreeNode | undefined = node; at !== undefined; at = at.parent) at.active++;
  }

  #settle(node: TreeNode, status: NodeStatus, time: number): undefined {
    node.waitsFor = undefined;
    const wasActive = node.finishedAt === undefined && (node.status === "running" || node.status === "retrying") &&
      node.kind !== "";
    node.status = status;
    node.finishedAt = time;
    if (!wasActive) return;
    for (let at: TreeNode | undefined = node; at !== undefined; at = at.parent) {
      at.active--;
      if (at.kind === "iteration" && at.active === 0) this.#retire(at, status, time);
    }
  }

  /** Forgets an iteration in which nothing goes on; what is asked for next in it brings it back. */
  #retire(node: TreeNode, status: NodeStatus, time: number): void {
    const block = node.parent!;
    const hasFailed = status === "failed" || status === "unknown";
    if (hasFailed) block.failed++;
    if (hasFailed && block.failed <= MOST_FAILED_SHOWN) {
      node.status = status;
      node.finishedAt = time;
    } else block.children.delete(node.label);
  }

  #node(path: string, time: number): TreeNode {
    let node = this.root;
    for (const segment of path.split("/")) {
      const cut = segment.search(/[[!]/);
      node = child(node, cut === -1 ? segment : segment.slice(0, cut), time);
      if (cut === -1) continue;
      for (const [part] of segment.slice(cut).matchAll(/\[\d+\]|![^[!]*/g)) {
        const isIteration = part.startsWith("[");
        if (isIteration) node.begun = Math.max(node.begun, Number(part.slice(1, -1)) + 1);
        node = child(node, isIteration ? part : "on error", time);
        if (isIteration) node.kind = "iteration";
      }
    }
    return node;
  }
}

/** The step whose `sleep` a timer is; `undefined` for timers that only bound something, or space out rounds. */
export function sleeper(timer: string): string | undefined {
  return timer.endsWith(SLEEP) ? timer.slice(0, -SLEEP.length) : undefined;
}

const SLEEP = "!sleep";

function child(parent: TreeNode, label: string, time: number): TreeNode {
  let node = parent.children.get(label);
  if (node === undefined) {
    node = createNode(label, parent, time);
    parent.children.set(label, node);
  }
  return node;
}

function createNode(label: string, parent: TreeNode | undefined, time: number): TreeNode {
  return {
    label,
    parent,
    children: new Map(),
    kind: "",
    status: "running",
    target: "",
    attempt: 1,
    startedAt: time,
    finishedAt: undefined,
    retryAt: undefined,
    problem: undefined,
    waitsFor: undefined,
    isHandled: false,
    active: 0,
    items: undefined,
    begun: 0,
    failed: 0,
  };
}
