import type { JsonValue } from "../../src/base/json.ts";
import type { StepSpec } from "../../src/engine/context.ts";
import { failure } from "../../src/engine/failure.ts";
import type { AttemptResult, CallContext } from "../../src/engine/service.ts";
import type { StepCaller } from "../../src/engine/step_runner.ts";
import type { Beats } from "./beats.ts";
import type { Chance } from "./chance.ts";
import type { Script } from "./program.ts";
import { NEVER, type SimProcess } from "./sim_process.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** A call that a process made. */
export interface Call {
  readonly time: number;
  readonly process: SimProcess;
  readonly runId: string;
  readonly step: string;
  readonly key: string;
  /** Whether it stood in a queue first: its process may have stopped meanwhile, and sends it all the same when it goes on. */
  readonly wasQueued: boolean;
}

/** A request as it reaches its service. */
interface Request {
  readonly runId: string;
  readonly step: string;
  readonly key: string;
  /** Whether nobody waits for the answer any more. */
  readonly isCut: boolean;
}

/** What the services hold of one step of one run. */
interface Effect {
  /** How often it was called. */
  calls: number;
  /** How often something was done; more than once only where the key has changed. */
  readonly doneBy: Set<string>;
  isUndone: boolean;
  /** Whether it was undone, or asked for, at any time. */
  isLookedAt: boolean;
}

/** What a world is made of. */
export interface WorldOptions {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly scripts: ReadonlyMap<string, Script>;
  /** The longest that a request or an answer takes, in milliseconds. */
  readonly slowestMs: number;
  /** Hears of a call when it is made. */
  readonly onCall: (call: Call) => void;
  /** Makes calls tell how far they are. @default they do not */
  readonly beats?: Beats | undefined;
}

const VAGUE: AttemptResult = bad("http_500", "unknown", true);
const BUSY: AttemptResult = bad("http_503", "transient", false);
const REFUSED: AttemptResult = bad("refused", "permanent", false);
const NOT_THERE: AttemptResult = bad("http_404", "permanent", false);

/** The services of a simulation: idempotent by key, and doing what the program's scripts say. */
export class World {
  readonly calls: Call[] = [];
  /**
   * Runs and steps with a request that nobody waited for any more, and that arrived after its own undoing or after the question whether it
   * had. No engine can do anything about these; the failure matrix names them.
   */
  readonly overtaken: Set<string> = new Set();
  readonly #options: WorldOptions;
  /** By the run's id and the step's path. */
  readonly #effects = new Map<string, Effect>();
  #isHealed = false;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  /** From now on nothing is refused that was refused until healed. */
  heal(): void {
    this.#isHealed = true;
  }

  /** Whether what a step did is there. */
  holds(runId: string, step: string): boolean {
    const effect = this.#effects.get(`${runId} ${step}`);
    return effect !== undefined && effect.doneBy.size > 0 && !effect.isUndone;
  }

  /** How often a step's effect took place: more than once where its key has changed. */
  timesDone(runId: string, step: string): number {
    return this.#effects.get(`${runId} ${step}`)?.doneBy.size ?? 0;
  }

  /** The services as a process sees them. */
  caller(process: SimProcess): StepCaller {
    return { call: (spec, context) => this.#call(spec, context, process) };
  }

  #call(spec: StepSpec, context: CallContext, process: SimProcess): Promise<AttemptResult> {
    if (process.isDead) return NEVER;
    const { time, chance, slowestMs, onCall } = this.#options;
    if (context.aborted !== undefined) return Promise.resolve(bad(context.aborted, "transient", false));
    const { runId, step, idempotencyKey: key } = context;
    const { promise, resolve } = Promise.withResolvers<AttemptResult>();
    let isSent = false;
    const wasQueued = chance.happens(0.2);
    const answer = (result: AttemptResult, delayMs: number): void => void process.after(delayMs, () => resolve(result));
    const send = (): void => {
      if (context.aborted !== undefined) return;
      isSent = true;
      context.sent();
      this.#options.beats?.begin(context, process);
      const call = { time: time.now, process, runId, step, key, wasQueued };
      this.calls.push(call);
      onCall(call);
      const isLost = chance.happens(0.5);
      process.after(context.attemptTimeoutMs, () => resolve(bad("timeout", "unknown", true)));
      time.after(chance.delay(1, slowestMs), () => {
        // A request that was under way when its process crashed may arrive or not.
        if (process.isDead && isLost) return;
        const isCut = context.aborted !== undefined || process.isDead;
        const result = this.#serve(spec, { runId, step, key, isCut });
        if (result !== undefined) answer(result, chance.delay(1, slowestMs));
      });
    };
    context.onAbort = (reason) => answer(bad(reason, isSent ? "unknown" : "transient", isSent), 1);
    // Some attempts stand in a queue before they are sent.
    if (wasQueued) process.after(chance.between(1, 20), send);
    else send();
    return promise;
  }

  /** What a request comes to; `undefined`: there is no answer. */
  #serve(spec: StepSpec, { runId, step, key, isCut }: Request): AttemptResult | undefined {
    const isUndo = spec.compensates !== undefined;
    if (step.endsWith("/reconcile") || /\/reconcile!\d+$/.test(step)) return this.#report(runId, step);
    const effect = this.#effect(runId, step);
    const script = this.#script(step);
    const call = effect.calls++;
    const act = (): void => {
      // A service that has had this key before does nothing again.
      if (effect.doneBy.has(key)) return;
      effect.doneBy.add(key);
      effect.isUndone = false;
      if (isCut && effect.isLookedAt) this.overtaken.add(`${runId} ${step}`);
      if (!isUndo) return;
      const undone = this.#effect(runId, spec.compensates);
      undone.isUndone = true;
      undone.isLookedAt = true;
    };
    const isBad = call < ("calls" in script ? script.calls : 1);
    switch (script.kind) {
      case "ok":
        break;
      case "refuse":
        return REFUSED;
      case "refuse until healed":
        if (!this.#isHealed) return REFUSED;
        break;
      case "busy":
        if (isBad) return BUSY;
        break;
      case "vague":
      case "mute":
        if (!isBad || (this.#isHealed && isUndo)) break;
        if (script.acts) act();
        return script.kind === "mute" ? undefined : VAGUE;
      case "vague, then refuse":
        if (!isBad) return REFUSED;
        if (script.acts) act();
        return VAGUE;
    }
    act();
    return { ok: true, output: output(step) };
  }

  /** Answers the question whether a step took effect. */
  #report(runId: string, step: string): AttemptResult {
    const script = this.#script(step);
    if (script.kind === "refuse" && !this.#isHealed) return REFUSED;
    const asked = step.replace(/\/reconcile(!\d+)?$/, "");
    this.#effect(runId, asked).isLookedAt = true;
    return this.holds(runId, asked) ? { ok: true, output: { state: "done", output: output(asked) } } : NOT_THERE;
  }

  #effect(runId: string, step: string): Effect {
    const name = `${runId} ${step}`;
    let effect = this.#effects.get(name);
    if (effect === undefined) this.#effects.set(name, effect = newEffect());
    return effect;
  }

  #script(step: string): Script {
    return this.#options.scripts.get(scriptName(step)) ?? { kind: "ok" };
  }
}

/** The name under which a program keeps the script of a step: its id, and what is done with it. */
export function scriptName(path: string): string {
  const parts = path.replace(/!\d+/g, "").split("/");
  const last = parts.pop()!;
  const isOfStep = last === "compensate" || last === "reconcile";
  return isOfStep ? `${parts.at(-1)}/${last}` : last;
}

function newEffect(): Effect {
  return { calls: 0, doneBy: new Set(), isUndone: false, isLookedAt: false };
}

function output(step: string): JsonValue {
  return { of: step };
}

function bad(code: string, kind: "transient" | "unknown" | "permanent", mayHaveActed: boolean): AttemptResult {
  return { ok: false, failure: failure(code, code), class: kind, mayHaveActed };
}
