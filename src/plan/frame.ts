import { ABSENT, type Scope, type ScopeValue } from "../expr/mod.ts";
import type { Failure } from "../engine/failure.ts";
import type { StepStatus } from "../engine/run.ts";
import type { WorkflowContext } from "../engine/context.ts";

/** How a step ended, as expressions may ask. */
export interface StepRecord {
  readonly output: ScopeValue;
  readonly status: StepStatus;
  readonly failure: Failure | null;
  readonly attempts: number;
}

/** What expressions read as `steps.<id>`. */
type StepResult = { readonly [key in "output" | "status" | "error" | "attempts"]: ScopeValue };

/** What is the same in every frame of a run. */
export interface RunNames {
  readonly context: WorkflowContext;
  readonly input: ScopeValue;
  /** Names that some step of the workflow sets: absent, rather than unknown, until it has. */
  readonly declared: ReadonlySet<string>;
  /** Ids that expressions read. */
  readonly stepIds: ReadonlySet<string>;
  /** One series for all expressions that belong to no call; its order is that of the journal. */
  readonly random: () => number;
}

/** How a new frame relates to the one around it. */
export interface FrameOptions {
  /** Names that only this frame knows: `item`, `index`, `error`. */
  readonly locals?: Readonly<Record<string, ScopeValue>> | undefined;
  /** Whether what is set here is seen outside too. */
  readonly writesThrough: boolean;
}

/**
 * The names that expressions see at one place of a run.
 *
 * A `foreach` iteration has a frame that keeps what it sets; a round of `repeat` and an error handler have one that also writes to
 * the frame around it. A compensation keeps the frame of its step, so it sees its own iteration's or round's names.
 */
export class Frame implements Scope {
  readonly run: RunNames;
  readonly #parent: Frame | undefined;
  readonly #options: FrameOptions;
  readonly #values = new Map<string, ScopeValue>();
  #steps: Record<string, StepResult> | undefined;

  constructor(run: RunNames, parent?: Frame, options: FrameOptions = { writesThrough: false }) {
    this.run = run;
    this.#parent = parent;
    this.#options = options;
    if (parent !== undefined || run.stepIds.size === 0) return;
    this.#steps = emptyMap();
    for (const id of run.stepIds) this.#steps[id] = NOT_REACHED;
  }

  /** Makes a frame inside this one. */
  child(options: FrameOptions): Frame {
    return new Frame(this.run, this, options);
  }

  /** Sets a name, here and as far out as the frames write through. */
  set(name: string, value: ScopeValue): void {
    this.#values.set(name, value);
    if (this.#options.writesThrough) this.#parent?.set(name, value);
  }

  /** Records what expressions read as `steps.<id>`. */
  setStep(id: string, record: StepRecord): void {
    const { output, status, failure, attempts } = record;
    this.#steps ??= emptyMap();
    this.#steps[id] = { output, status, error: errorValue(failure), attempts };
    if (this.#options.writesThrough) this.#parent?.setStep(id, record);
  }

  lookup(name: string): ScopeValue | undefined {
    const { locals } = this.#options;
    if (locals !== undefined && Object.hasOwn(locals, name)) return locals[name];
    const own = this.#values.get(name);
    if (own !== undefined) return own;
    if (name === "steps") return this.#allSteps();
    if (this.#parent !== undefined) return this.#parent.lookup(name);
    return this.run.declared.has(name) ? ABSENT : this.#global(name);
  }

  now(): number {
    return this.run.context.now();
  }

  random(): number {
    return this.run.random();
  }

  #global(name: string): ScopeValue | undefined {
    const { context, input } = this.run;
    switch (name) {
      case "input":
        return input;
      case "env":
        return context.env;
      case "run":
        return { id: context.runId, started_at: new Date(context.startedAt).toISOString() };
      case "workflow":
        return { name: context.workflow.name, version: context.workflow.version };
      case "timestamp":
        return new Date(context.now()).toISOString();
      case "execution_time":
        return (context.now() - context.startedAt) / 1_000;
      default:
        return undefined;
    }
  }

  #allSteps(): Readonly<Record<string, StepResult>> {
    if (this.#parent === undefined) return this.#steps ?? emptyMap();
    const outer = this.#parent.#allSteps();
    return this.#steps === undefined ? outer : Object.assign(emptyMap(), outer, this.#steps);
  }
}

const NOT_REACHED: StepResult = { output: ABSENT, status: "pending", error: null, attempts: 0 };

function emptyMap(): Record<string, StepResult> {
  return Object.create(null);
}

/** A failure as expressions read it. */
export function errorValue(failure: Failure | null): ScopeValue {
  return failure === null ? null : { ...failure };
}
