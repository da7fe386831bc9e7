import type { JsonValue } from "../../src/base/json.ts";
import type { Chance } from "./chance.ts";
import type { Looseness, Script, SignalPlan } from "./program.ts";

/** A step, or a part of one, in the making. */
type Draft = Record<string, JsonValue>;

/** Where steps are written. */
export interface Place {
  readonly workflow: string;
  /** The workflows that may be started. */
  readonly children: readonly string[];
  readonly depth: number;
  /** Whether it is the list of a workflow's own steps. */
  readonly isTop: boolean;
  readonly mayPivot: boolean;
  /** About how many steps. */
  readonly size: number;
  /** How often the steps run. */
  readonly times?: number | undefined;
}

type Kind =
  | "call"
  | "group"
  | "parallel"
  | "dag"
  | "foreach"
  | "switch"
  | "repeat"
  | "race"
  | "set"
  | "sleep"
  | "wait_for"
  | "workflow"
  | "fail";

const LEAVES: Readonly<Record<Kind, number>> = {
  call: 12,
  set: 1,
  sleep: 2,
  wait_for: 2,
  workflow: 2,
  fail: 0.2,
  group: 0,
  parallel: 0,
  dag: 0,
  foreach: 0,
  switch: 0,
  repeat: 0,
  race: 0,
};

const BLOCKS: Readonly<Record<Kind, number>> = {
  ...LEAVES,
  group: 1,
  parallel: 2,
  dag: 1,
  foreach: 1.5,
  switch: 1,
  repeat: 1,
  race: 1,
};

/** Enough that no number of crashes uses them up: each counts as an attempt. */
const MANY_ATTEMPTS = 20;

/** Writes random steps, and notes what the services are to do with them. */
export class StepWriter {
  readonly scripts: Map<string, Script> = new Map();
  readonly signals: SignalPlan[] = [];
  readonly compensated: Set<string> = new Set();
  readonly looseness: Set<Looseness> = new Set();
  readonly #chance: Chance;
  #count = 0;
  #hasConcurrency = false;
  #hasFailure = false;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Writes a list of steps. */
  steps(place: Place): Draft[] {
    const count = Math.max(1, this.#chance.between(place.size - 2, place.size + 1));
    const steps: Draft[] = [];
    for (let index = 0; index < count; index++) steps.push(this.#step(place));
    if (place.mayPivot && this.#chance.happens(0.1)) {
      const id = this.#id("pivot");
      this.#fail(id, { "ok": 8, "busy": 1, "vague": 1 });
      steps.push({ ...this.#callKeys(id), pivot: true }, this.#step({ ...place, mayPivot: false }));
      if (this.#chance.happens(0.5)) {
        const last = this.#id("late");
        this.scripts.set(last, { kind: "refuse until healed" });
        this.#noteFailure();
        steps.push(this.#callKeys(last));
      }
    }
    return steps;
  }

  /** Writes a call that goes well. */
  plainCall(): Draft {
    return this.#callKeys(this.#id("c"));
  }

  #step(place: Place): Draft {
    const { depth, children } = place;
    let kind: Kind = this.#chance.weighted(depth < 3 ? BLOCKS : LEAVES);
    if (kind === "workflow" && children.length === 0) kind = "call";
    const step = this.#write(kind, place);
    if (this.#chance.happens(0.05)) step["when"] = this.#chance.pick(["{{ 1 == 1 }}", "{{ 1 == 2 }}"]);
    if (this.#chance.happens(kind === "call" ? 0.15 : 0.1)) this.#handle(step, place);
    return step;
  }

  #handle(step: Draft, place: Place): void {
    if (step["return"] !== undefined) return;
    step["on_error"] = this.#chance.happens(0.5)
      ? "continue"
      : this.steps({ ...place, depth: place.depth + 1, size: 1, mayPivot: false, isTop: false });
  }

  #write(kind: Kind, place: Place): Draft {
    const inner = { ...place, depth: place.depth + 1, size: 2, isTop: false, mayPivot: false };
    const timed = (step: Draft, likely: number): Draft => {
      if (!this.#chance.happens(likely)) return step;
      this.looseness.add("timeout");
      return { ...step, timeout: this.#chance.pick(["200ms", "1s", "3s"]) };
    };
    switch (kind) {
      case "call":
        return timed(this.#call(), 0.05);
      case "group":
        return timed({ id: this.#id("g"), steps: this.steps(inner) }, 0.2);
      case "parallel":
        this.#noteConcurrency();
        return timed({ id: this.#id("p"), parallel: this.steps({ ...inner, size: 3 }), ...this.#limits() }, 0.1);
      case "dag":
        this.#noteConcurrency();
        return this.#dag({ ...inner, size: 3 });
      case "foreach":
        return this.#foreach(inner);
      case "switch":
        return {
          id: this.#id("s"),
          switch: [
            { when: this.#chance.pick(["{{ 1 == 2 }}", "{{ 2 == 2 }}"]), steps: this.steps(inner) },
            { steps: this.steps(inner) },
          ],
        };
      case "repeat":
        return this.#repeat(inner);
      case "race":
        this.looseness.add("race");
        this.#noteConcurrency();
        return { id: this.#id("r"), race: this.steps({ ...inner, size: 3 }) };
      case "set":
        return { set: { [this.#id("v")]: this.#chance.between(1, 9) } };
      case "sleep":
        return { id: this.#id("z"), sleep: `${this.#chance.delay(0, 4_000)}ms` };
      case "wait_for":
        return timed(this.#wait(place), 0.2);
      case "workflow": {
        const retry = this.#chance.happens(0.3) ? { retry: { attempts: 2, initial: "50ms" } } : {};
        return timed({ id: this.#id("w"), workflow: this.#chance.pick(place.children), ...retry }, 0.1);
      }
      case "fail":
        this.#noteFailure();
        return { id: this.#id("f"), fail: { code: "out_of_luck", message: "So it was drawn" } };
    }
  }

  #limits(): Draft {
    const limits: Draft = {};
    if (this.#chance.happens(0.3)) limits["max_concurrency"] = this.#chance.between(1, 2);
    if (this.#chance.happens(0.3)) limits["fail_fast"] = false;
    return limits;
  }

  #dag(place: Place): Draft {
    const steps = this.steps(place).map((step) => ({ ...step, id: step["id"] ?? this.#id("d") }));
    const ids = steps.map(({ id }) => id as string);
    return {
      id: this.#id("dag"),
      dag: steps.map((step, index): Draft => {
        const before = ids.slice(0, index).filter(() => this.#chance.happens(0.4));
        return before.length === 0 ? step : { ...step, depends_on: before };
      }),
      ...this.#limits(),
    };
  }

  #foreach(place: Place): Draft {
    const items = Array.from({ length: this.#chance.between(0, 3) }, (_, index) => index + 1);
    const width = this.#chance.between(1, 3);
    if (width > 1) this.#noteConcurrency();
    const times = (place.times ?? 1) * items.length;
    return {
      id: this.#id("e"),
      foreach: items,
      max_concurrency: width,
      ...(this.#chance.happens(0.3) ? { fail_fast: false } : {}),
      steps: this.steps({ ...place, times }),
    };
  }

  #repeat(place: Place): Draft {
    const rounds = this.#chance.between(1, 3);
    const name = this.#id("n");
    const count = { set: { [name]: `{{ default(.${name}, 0) + 1 }}` } };
    return {
      id: this.#id("l"),
      repeat: { until: `{{ .${name} >= ${rounds} }}`, every: `${this.#chance.pick([0, 10, 700])}ms`, max: 10 },
      steps: [...this.steps({ ...place, times: (place.times ?? 1) * rounds }), count],
    };
  }

  #wait({ workflow, times = 1 }: Place): Draft {
    const id = this.#id("m");
    const hasMisfit = this.#chance.happens(0.2);
    const more = this.#chance.happens(0.2) ? 1 : 0;
    const sent = Array.from({ length: times + more }, () => this.#chance.delay(0, 5_000));
    this.signals.push({ workflow, name: id, times: sent, hasMisfit });
    const schema = hasMisfit ? { schema: { type: "object" } } : {};
    return { id, wait_for: { signal: id, ...schema } };
  }

  #call(): Draft {
    const id = this.#id("c");
    const step = this.#callKeys(id);
    const isFickle = this.#fail(id, {
      "ok": 16,
      "busy": 1,
      "vague": 1,
      "mute": 0.5,
      "refuse": 1,
      "vague, then refuse": 0.4,
    });
    if (this.#chance.happens(0.6)) {
      step["compensate"] = this.#compensation(id);
      this.compensated.add(id);
    }
    if (isFickle ? this.#chance.happens(0.3) : this.#chance.happens(0.05)) {
      step["reconcile"] = { method: "Ask", done: "{{ .answer.state == 'done' }}", output: "{{ .answer.output }}" };
      if (this.#chance.happens(0.1)) {
        this.scripts.set(`${id}/reconcile`, { kind: "refuse" });
        this.looseness.add("unanswered");
      }
    }
    if (this.#chance.happens(0.06)) {
      step["at_most_once"] = true;
      this.looseness.add("at most once");
    }
    return step;
  }

  #callKeys(id: string): Draft {
    return {
      id,
      service: "svc",
      method: "Do",
      output: id,
      attempt_timeout: "1s",
      retry: { attempts: MANY_ATTEMPTS, initial: "20ms", factor: 1 },
    };
  }

  #compensation(id: string): Draft {
    const name = `${id}/compensate`;
    const kind = this.#chance.weighted({ ok: 20, busy: 1, vague: 1, "refuse until healed": 0.6, never: 0.4 });
    const calls = kind === "never" ? MANY_ATTEMPTS * 10 : this.#chance.between(1, 3);
    if (kind === "vague" || kind === "never") {
      this.scripts.set(name, { kind: "vague", calls, acts: this.#chance.happens(0.5) });
    } else if (kind === "busy") this.scripts.set(name, { kind, calls });
    else if (kind !== "ok") this.scripts.set(name, { kind });
    const isGuess = this.#chance.happens(0.3);
    return {
      method: "Undo",
      input: { of: isGuess ? id : `{{ .${id}.of }}` },
      attempt_timeout: "1s",
      retry: { attempts: kind === "never" ? 2 : MANY_ATTEMPTS, initial: "20ms", factor: 1 },
      ...(isGuess ? { on_unknown: true } : {}),
      ...(this.#chance.happens(0.05) ? { when: "{{ 1 == 2 }}" } : {}),
    };
  }

  /** Draws what the service does; gives whether it is ever unclear what it did. */
  #fail(id: string, weights: Partial<Record<Script["kind"], number>>): boolean {
    const kind = this.#chance.weighted(weights as Record<Script["kind"], number>);
    const calls = this.#chance.between(1, 3);
    const acts = this.#chance.happens(0.5);
    if (kind === "refuse" || kind === "vague, then refuse") this.#noteFailure();
    switch (kind) {
      case "ok":
        return false;
      case "busy":
        this.scripts.set(id, { kind, calls });
        return false;
      case "vague":
      case "mute":
        this.scripts.set(id, { kind, calls, acts });
        return true;
      case "vague, then refuse":
        this.scripts.set(id, { kind, acts });
        return true;
      default:
        this.scripts.set(id, { kind });
        return false;
    }
  }

  #noteFailure(): void {
    this.#hasFailure = true;
    this.looseness.add("unknown sticks");
    if (this.#hasConcurrency) this.looseness.add("siblings");
  }

  #noteConcurrency(): void {
    this.#hasConcurrency = true;
    if (this.#hasFailure) this.looseness.add("siblings");
  }

  #id(prefix: string): string {
    return `${prefix}${++this.#count}`;
  }
}
