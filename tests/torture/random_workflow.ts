import type { JsonObject } from "../../src/base/json.ts";
import { CallWriter } from "./call_writer.ts";
import type { Place, TortureWorkflow } from "./torture_workflow.ts";
import type { Chance } from "../simulation/chance.ts";

type Kind =
  | "call"
  | "plain"
  | "once"
  | "fickle"
  | "handled"
  | "lost"
  | "parallel"
  | "dag"
  | "group"
  | "foreach"
  | "repeat"
  | "race"
  | "sleep"
  | "wait"
  | "child";

const KINDS: Readonly<Record<Kind, number>> = {
  call: 8,
  plain: 2,
  once: 1,
  fickle: 0.7,
  handled: 1.2,
  lost: 0.4,
  parallel: 2,
  dag: 1.2,
  group: 0.6,
  foreach: 2.5,
  repeat: 1,
  race: 0.7,
  sleep: 1.5,
  wait: 1.2,
  child: 1.5,
};

const LEAVES: readonly Kind[] = ["call", "call", "call", "plain", "once", "fickle", "handled", "sleep"];

/** Writes a random workflow whose services are at `endpoint`. */
export function writeWorkflow(chance: Chance, name: string, endpoint: string): TortureWorkflow {
  return new WorkflowWriter(chance, name, endpoint).write();
}

class WorkflowWriter {
  readonly #chance: Chance;
  readonly #name: string;
  readonly #endpoint: string;
  readonly #calls: CallWriter;
  readonly #children = new Map<string, JsonObject>();
  readonly #signals: string[] = [];
  #isDoomed = false;

  constructor(chance: Chance, name: string, endpoint: string) {
    this.#chance = chance;
    this.#name = name;
    this.#endpoint = endpoint;
    this.#calls = new CallWriter(chance);
  }

  write(): TortureWorkflow {
    const chance = this.#chance;
    const place: Place = { path: "", depth: 0, visible: [] };
    const steps = this.#sequence(place, chance.between(3, 6));
    if (chance.happens(0.45)) {
      steps.push(this.#calls.failure());
      this.#isDoomed = true;
    }
    const output = Object.fromEntries([
      ...[...this.#calls.outputs].map((
        [name, path],
      ) => [name, typeof path === "string" ? `{{ .${name}.id }}` : `{{ .${name} }}`]),
      ...this.#signals.map((signal) => [signal, `{{ .o_${signal} }}`]),
    ]);
    if (chance.happens(0.05)) this.#calls.isLoose = true;
    const document: JsonObject = {
      ...this.#head(this.#name),
      ...(this.#calls.isLoose && chance.happens(0.3) ? { timeout: `${chance.between(200, 900)}ms` } : {}),
      ...(chance.happens(0.3) ? { compensation: { order: "parallel" } } : {}),
      steps,
      output,
      ...(chance.happens(0.2) ? { finally: [this.#calls.plain({ path: undefined, depth: 9, visible: [] })] } : {}),
    };
    return {
      document,
      children: this.#children,
      calls: this.#calls.calls,
      signals: this.#signals,
      fate: this.#calls.isLoose ? "either" : this.#isDoomed ? "fails" : "completes",
      outputs: this.#calls.outputs,
    };
  }

  #head(name: string): JsonObject {
    return {
      name,
      version: "1.0",
      durability: this.#chance.pick(["sync", "sync", "async"]),
      services: {
        shop: {
          type: "http",
          endpoint: this.#endpoint,
          timeout: "500ms",
          circuit_breaker: false,
          retry: { attempts: 30, initial: "3ms", max: "20ms" },
          headers: { "X-Process": "{{ env.TORTURE_PROCESS }}" },
        },
      },
    };
  }

  #sequence(place: Place, length: number): JsonObject[] {
    const steps: JsonObject[] = [];
    const visible = [...place.visible];
    for (let index = 0; index < length; index++) {
      const step = this.#step({ ...place, visible });
      steps.push(step);
      if (typeof step["output"] === "string" && "service" in step) visible.push(step["output"]);
    }
    return steps;
  }

  #step(place: Place): JsonObject {
    const chance = this.#chance;
    const kind = place.depth >= 2 ? chance.pick(LEAVES) : chance.weighted(KINDS);
    switch (kind) {
      case "call":
        return this.#calls.call(place);
      case "plain":
        return this.#calls.plain(place);
      case "once":
        return this.#calls.once(place);
      case "fickle":
        return this.#calls.fickle(place);
      case "handled":
        return this.#calls.handled(place);
      case "lost":
        return this.#calls.lost(place);
      case "parallel":
        return this.#parallel(place);
      case "dag":
        return this.#dag(place);
      case "group":
        return this.#group(place);
      case "foreach":
        return this.#foreach(place);
      case "repeat":
        return this.#repeat(place);
      case "race":
        return this.#race(place);
      case "sleep":
        return { id: this.#calls.id("sleep"), sleep: `${chance.delay(3, 120)}ms` };
      case "wait":
        return place.path === undefined ? this.#calls.plain(place) : this.#wait();
      case "child":
        return this.#child(place);
    }
  }

  #parallel(place: Place): JsonObject {
    const chance = this.#chance;
    const id = this.#calls.id("par");
    return {
      id,
      ...this.#limit(),
      parallel: this.#branches(place, id, chance.between(2, 4)),
      ...(chance.happens(0.4) ? { max_concurrency: chance.between(1, 3) } : {}),
      ...(chance.happens(0.3) ? { fail_fast: false } : {}),
    };
  }

  #branches(place: Place, id: string, count: number): JsonObject[] {
    return Array.from({ length: count }, () => this.#step(inside(place, id)));
  }

  #dag(place: Place): JsonObject {
    const chance = this.#chance;
    const id = this.#calls.id("dag");
    const steps = this.#branches(place, id, chance.between(2, 5));
    return {
      id,
      dag: steps.map((step, index) => ({
        ...step,
        depends_on: steps.slice(0, index).filter(() => chance.happens(0.4)).map((before) => before["id"]!),
      })),
    };
  }

  #group(place: Place): JsonObject {
    const id = this.#calls.id("group");
    return { id, ...this.#limit(), steps: this.#sequence(inside(place, id), this.#chance.between(1, 3)) };
  }

  /** A time that may or may not be enough, rarely. */
  #limit(): JsonObject {
    const chance = this.#chance;
    if (chance.happens(0.9)) return {};
    this.#calls.isLoose = true;
    return { timeout: `${chance.between(10, 250)}ms`, ...(chance.happens(0.5) ? { on_error: "continue" } : {}) };
  }

  #foreach(place: Place): JsonObject {
    const chance = this.#chance;
    const id = this.#calls.id("each");
    const count = chance.between(1, 6);
    const steps = this.#body(place);
    const collected = steps[0]!;
    if (place.path !== undefined) {
      this.#calls.outputs.set(
        `o_${id}`,
        range(count).map((index) => `${place.path}${id}[${index}]/${collected["id"]}`),
      );
    }
    return {
      id,
      foreach: `{{ range(0, ${count}) }}`,
      max_concurrency: chance.between(1, 4),
      steps,
      collect: `{{ .${collected["output"]}.id }}`,
      output: `o_${id}`,
    };
  }

  #repeat(place: Place): JsonObject {
    const chance = this.#chance;
    const id = this.#calls.id("rep");
    const steps = this.#body(place);
    const rounds = chance.between(1, 4);
    const counter = `n_${id}`;
    steps.push({ id: this.#calls.id("set"), set: { [counter]: `{{ default(.${counter}, 0) + 1 }}` } });
    if (place.path !== undefined) {
      this.#calls.outputs.set(
        `o_${id}`,
        range(rounds).map((index) => `${place.path}${id}[${index}]/${steps[0]!["id"]}`),
      );
    }
    return {
      id,
      repeat: { until: `{{ .${counter} >= ${rounds} }}`, every: `${chance.between(1, 20)}ms`, max: 10 },
      steps,
      collect: `{{ .${steps[0]!["output"]}.id }}`,
      output: `o_${id}`,
    };
  }

  /** What stands in a loop: a call that can be undone, perhaps something more. */
  #body(place: Place): JsonObject[] {
    const within: Place = { ...place, path: undefined, depth: place.depth + 1 };
    const first = this.#calls.call(within);
    const more = this.#sequence(
      { ...within, visible: [...place.visible, String(first["output"])] },
      this.#chance.between(0, 1),
    );
    return [first, ...more];
  }

  #race(place: Place): JsonObject {
    const id = this.#calls.id("race");
    const within: Place = { ...place, path: undefined, depth: place.depth + 1, isRacing: true };
    this.#calls.isLoose = true;
    const lane = (): JsonObject => {
      const step = this.#chance.happens(0.7) ? this.#calls.call(within) : this.#calls.plain(within);
      return { ...step, method: this.#calls.steady(String(step["id"])) };
    };
    return { id, race: [lane(), lane(), ...(this.#chance.happens(0.3) ? [lane()] : [])] };
  }

  #wait(): JsonObject {
    const signal = this.#calls.id("signal");
    this.#signals.push(signal);
    return { id: `wait_${signal}`, wait_for: { signal }, output: `o_${signal}` };
  }

  #child(place: Place): JsonObject {
    const chance = this.#chance;
    const id = this.#calls.id("child");
    const file = `${this.#name}_${id}.yaml`;
    const steps = this.#sequence(
      { path: undefined, depth: Math.max(1, place.depth), visible: [] },
      chance.between(1, 3),
    );
    const fails = chance.happens(0.3);
    if (fails) steps.push(this.#calls.failure());
    this.#children.set(file, { ...this.#head(`${this.#name}_${id}`), steps, output: "{{ run.id }}" });
    return {
      id,
      workflow: `./${file}`,
      ...(fails
        ? { on_error: "continue", ...(chance.happens(0.4) ? { retry: { attempts: 2, initial: "5ms" } } : {}) }
        : {}),
    };
  }
}

function inside(place: Place, id: string): Place {
  return { ...place, path: place.path === undefined ? undefined : `${place.path}${id}/`, depth: place.depth + 1 };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
