import type { JsonValue } from "../base/json.ts";
import { type CancelCause, CancelledError } from "./failure.ts";
import { silence } from "./pending.ts";
import type { Cancellable, CancelScope } from "./scope.ts";

/** A signal that came. */
interface KeptSignal {
  readonly id: string;
  readonly data: JsonValue;
}

/** Hears of a signal that did not fit. */
type OnRefused = (refused: { readonly step: string; readonly signal: string; readonly reason: string }) => void;

/**
 * The signals of one run: kept from its start, each taken once, oldest first, by the step that has waited longest.
 *
 * One that the step refuses is dropped, and the wait goes on.
 */
export class SignalBox {
  readonly #kept = new Map<string, KeptSignal[]>();
  readonly #waits = new Map<string, SignalWait[]>();
  readonly #onRefused: OnRefused;
  #waiting = 0;

  constructor(onRefused: OnRefused) {
    this.#onRefused = onRefused;
  }

  /** How many steps wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The signals that nobody has taken, by name, each list oldest first. */
  get kept(): { readonly name: string; readonly id: string; readonly data: JsonValue }[] {
    return [...this.#kept].flatMap(([name, signals]) => signals.map((signal) => ({ name, ...signal })));
  }

  /** Puts a signal in. */
  add(name: string, signal: KeptSignal): void {
    append(this.#kept, name, signal);
    this.#match(name);
  }

  /** Waits for a signal, or takes the oldest that is there. */
  wait(
    step: string,
    name: string,
    scope: CancelScope,
    refuse?: (data: JsonValue) => string | undefined,
  ): Promise<JsonValue> {
    const wait = new SignalWait(step, scope, refuse, (cancelled) => this.#leave(name, cancelled));
    append(this.#waits, name, wait);
    this.#waiting++;
    scope.enter(wait);
    this.#match(name);
    return wait.promise;
  }

  #match(name: string): void {
    const kept = this.#kept.get(name);
    const waits = this.#waits.get(name);
    while (kept !== undefined && kept.length > 0 && waits !== undefined && waits.length > 0) {
      const { data } = kept.shift()!;
      const wait = waits[0]!;
      const reason = wait.refuse?.(data);
      if (reason !== undefined) {
        this.#onRefused({ step: wait.step, signal: name, reason });
        continue;
      }
      this.#leave(name, wait);
      wait.resolve(data);
    }
  }

  #leave(name: string, wait: SignalWait): void {
    const waits = this.#waits.get(name)!;
    waits.splice(waits.indexOf(wait), 1);
    this.#waiting--;
    wait.scope.leave(wait);
  }
}

/** A step that waits for a signal. */
class SignalWait implements Cancellable {
  readonly step: string;
  readonly scope: CancelScope;
  readonly refuse: ((data: JsonValue) => string | undefined) | undefined;
  readonly promise: Promise<JsonValue>;
  resolve!: (data: JsonValue) => void;
  #reject!: (reason: Error) => void;
  readonly #onCancelled: (wait: SignalWait) => void;

  constructor(
    step: string,
    scope: CancelScope,
    refuse: ((data: JsonValue) => string | undefined) | undefined,
    onCancelled: (wait: SignalWait) => void,
  ) {
    this.step = step;
    this.scope = scope;
    this.refuse = refuse;
    this.#onCancelled = onCancelled;
    this.promise = silence(
      new Promise((resolve, reject) => {
        this.resolve = resolve;
        this.#reject = reject;
      }),
    );
  }

  onCancelled(cause: CancelCause): void {
    this.#onCancelled(this);
    this.#reject(new CancelledError(cause));
  }
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
