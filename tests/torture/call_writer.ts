import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import type { Chance } from "../simulation/chance.ts";
import type { CallTraits, Place } from "./torture_workflow.ts";

const PLAIN: CallTraits = {
  undo: undefined,
  onUnknown: false,
  isReconciled: false,
  atMostOnce: false,
  isRacing: false,
};

/** Writes calls of the service, and remembers what is known of them. */
export class CallWriter {
  readonly calls: Map<string, CallTraits> = new Map();
  readonly outputs: Map<string, string | readonly string[]> = new Map();
  /** Whether nobody can say how the run has to end. */
  isLoose = false;
  readonly #chance: Chance;
  #count = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** A new step id. */
  id(prefix: string): string {
    return `${prefix}${this.#count++}`;
  }

  /** A call that can be undone and succeeds in the end, unless it is one of the few with little patience. */
  call(place: Place): JsonObject {
    const step = this.#compensable(place, "POST /do");
    if (this.#chance.happens(0.95)) return step;
    this.isLoose = true;
    return { ...step, retry: { attempts: this.#chance.between(1, 3) } };
  }

  plain(place: Place): JsonObject {
    const id = this.id("p");
    this.calls.set(id, { ...PLAIN, isRacing: place.isRacing ?? false });
    return { id, service: "shop", method: `POST /do/${id}`, input: this.#input(place), output: `o_${id}` };
  }

  /** A call that must not be sent twice: after a crash nobody knows. */
  once(place: Place): JsonObject {
    const id = this.id("once");
    this.calls.set(id, { ...PLAIN, atMostOnce: true, isRacing: place.isRacing ?? false });
    const step = { id, service: "shop", method: this.steady(id), input: this.#input(place), at_most_once: true };
    if (this.#chance.happens(0.8)) return { ...step, on_error: "continue" };
    this.isLoose = true;
    return step;
  }

  /** A call whose service refuses to hear of it twice, although the first time did it: after a crash nobody knows. */
  fickle(place: Place): JsonObject {
    this.isLoose = true;
    return this.#compensable({ ...place, path: undefined }, "POST /fickle");
  }

  /** The method of a call that takes its time and does not fail. */
  steady(id: string): string {
    return `POST /steady/${id}-${this.#chance.between(0, 60)}`;
  }

  /** A call that surely fails, which the workflow can live with. */
  handled(place: Place): JsonObject {
    const id = this.id("f");
    this.calls.set(id, { ...PLAIN, isRacing: place.isRacing ?? false });
    const step = { id, service: "shop", method: `POST /refuse/${id}`, input: this.#input(place) };
    if (this.#chance.happens(0.5)) return { ...step, on_error: "continue" };
    return { ...step, on_error: [this.call({ ...place, path: undefined })] };
  }

  /** A call that takes effect and is never answered. */
  lost(place: Place): JsonObject {
    const step = this.#compensable({ ...place, path: undefined }, "POST /lost");
    if (this.#chance.happens(0.5)) return { ...step, retry: { attempts: 2 }, on_error: "continue" };
    this.isLoose = true;
    return { ...step, retry: { attempts: 2 } };
  }

  /** Something that surely fails. */
  failure(): JsonObject {
    const id = this.id("bad");
    if (this.#chance.happens(0.5)) return { id, fail: { code: "no_use", message: "This was never going to work" } };
    this.calls.set(id, PLAIN);
    return { id, service: "shop", method: `POST /refuse/${id}` };
  }

  #compensable(place: Place, method: string): JsonObject {
    const chance = this.#chance;
    const id = this.id("c");
    const undo = chance.happens(0.04) ? "never" : "works";
    const isReconciled = chance.happens(0.2);
    const onUnknown = chance.happens(0.2);
    this.calls.set(id, { ...PLAIN, undo, isReconciled, onUnknown, isRacing: place.isRacing ?? false });
    if (place.path !== undefined) {
      this.outputs.set(`o_${id}`, `${place.path}${id}`);
    }
    return {
      id,
      service: "shop",
      method: `${method}/${id}`,
      input: this.#input(place),
      output: `o_${id}`,
      compensate: {
        method: `POST /${undo === "works" ? "undo" : "stubborn"}/${id}`,
        input: { of: `{{ .o_${id}.?id }}`, nonce: "{{ uuid() }}", why: "{{ .error.code }}" },
        retry: { attempts: 30, initial: "3ms", max: "20ms" },
        ...(onUnknown ? { on_unknown: true } : {}),
        ...(isReconciled
          ? {
            reconcile: {
              method: "GET /ask/{{ idempotency_key }}",
              done: "{{ .answer.state == 'done' }}",
              output: { id: "{{ .answer.id }}" },
            },
          }
          : {}),
      },
    };
  }

  #input({ visible }: Place): JsonObject {
    const before: JsonValue = visible.length === 0 ? null : `{{ .${this.#chance.pick(visible)}.id }}`;
    return { before, nonce: "{{ uuid() }}", ...(this.#chance.happens(0.3) ? { at: "{{ timestamp }}" } : {}) };
  }
}
