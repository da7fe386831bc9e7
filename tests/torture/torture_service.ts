import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Chance } from "../simulation/chance.ts";

/** One request, as the service saw it. */
export interface ServiceCall {
  /** Place among all requests, from 0. */
  readonly number: number;
  /** Number of the process that sent it. */
  readonly process: number;
  readonly run: string;
  readonly step: string;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** When it had arrived in full, in milliseconds. */
  readonly at: number;
  /** What was answered, once it was; absent where the connection ended first. */
  status?: number;
  /** Id of the effect that it had, or would have had but for an earlier request with the same key. */
  effect?: string;
}

/** Something that a service did, at most once a key. */
export interface Effect {
  readonly id: string;
  readonly run: string;
  readonly step: string;
  readonly key: string;
  readonly at: number;
  /** When it was undone. */
  undoneAt?: number;
}

/** What befalls a request instead of an answer. */
type Fault = "busy" | "error_before" | "error_after" | "reset_before" | "reset_after" | "hang_after";

/**
 * A service that outlives the processes that call it, writes down every request, has each effect once a key, and fails as it likes.
 *
 * `POST /do/…` has an effect, with faults; `/steady/…-N` without, after N milliseconds. `/fickle/…` refuses
 * to hear of a key twice. `/refuse/…` never has one, `/lost/…` always has one and never says so.
 * `POST /undo/…` undoes the effect of the step that it compensates, with faults; `/stubborn/…` refuses to. `GET /ask/KEY` tells whether
 * the key had an effect.
 */
export class TortureService {
  readonly calls: ServiceCall[] = [];
  /** By idempotency key. */
  readonly effects: Map<string, Effect> = new Map();
  readonly #effectsOf = new Map<string, Effect[]>();
  /** Hears of each request and of each answer. */
  onCall: ((call: ServiceCall, moment: "arrived" | "answered") => void) | undefined;
  readonly #chance: Chance;
  readonly #faults = new Map<string, Fault[]>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Begins to serve; gives the address. */
  async listen(): Promise<string> {
    this.#server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** What a step has done: one effect at most, unless its key has changed. */
  effectsOf(run: string, step: string): readonly Effect[] {
    return this.#effectsOf.get(`${run}/${step}`) ?? [];
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    const call = await this.#record(request);
    if (call === undefined) return;
    this.onCall?.(call, "arrived");
    const [, kind = "", rest = ""] = call.path.split("/");
    const random = this.#chance.fork(`${call.number}`);
    const fault = kind === "do" || kind === "undo" ? this.#faultsOf(call).shift() : undefined;
    if (fault === "reset_before") return cutOff(response);
    // Before the effect, or after it: a process may die in either time.
    const before = random.happens(0.5);
    const latency = kind === "steady" ? Number(rest.split("-")[1] ?? 0) : random.delay(0, 60);
    if (before) await pass(latency);
    const answer = fault === "busy" || fault === "error_before" ? FAILURES[fault] : this.#act(call, kind, rest);
    if (!before) await pass(latency);
    if (fault === "reset_after") return cutOff(response);
    if (fault === "hang_after") return;
    const { status, body } = fault === "error_after" ? FAILURES[fault] : answer;
    if (response.destroyed) return;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body), () => call.status = status);
    this.onCall?.(call, "answered");
  }

  async #record(request: IncomingMessage): Promise<ServiceCall | undefined> {
    let body = "";
    try {
      for await (const part of request.setEncoding("utf8")) body += part;
    } catch {
      return undefined;
    }
    const header = (name: string): string => String(request.headers[name] ?? "");
    const call: ServiceCall = {
      number: this.calls.length,
      process: Number(header("x-process")),
      run: header("x-maestro-run-id"),
      step: header("x-maestro-step-id"),
      key: header("idempotency-key"),
      method: request.method ?? "",
      path: request.url ?? "",
      body,
      at: Date.now(),
    };
    this.calls.push(call);
    return call;
  }

  /** What the next requests of a step suffer: at most two times something, then nothing. */
  #faultsOf({ run, step }: ServiceCall): Fault[] {
    const name = `${run}/${step}`;
    let faults = this.#faults.get(name);
    if (faults === undefined) {
      const chance = this.#chance.fork(`faults of ${name}`);
      const count = chance.happens(0.7) ? 0 : chance.between(1, 2);
      faults = Array.from({ length: count }, () => chance.weighted(FAULTS));
      this.#faults.set(name, faults);
    }
    return faults;
  }

  #act(call: ServiceCall, kind: string, rest: string): Answer {
    switch (kind) {
      case "do":
      case "steady":
        return { status: 200, body: { id: this.#haveEffect(call).id } };
      case "fickle": {
        if (this.effects.has(call.key)) return { status: 409, body: { error: "I have heard of that" } };
        return { status: 200, body: { id: this.#haveEffect(call).id } };
      }
      case "lost":
        this.#haveEffect(call);
        return FAILURES.error_after;
      case "undo": {
        const undone = this.effectsOf(call.run, undoneBy(call) ?? "");
        for (const effect of undone) effect.undoneAt ??= Date.now();
        if (undone.length === 0) return { status: 404, body: { error: "nothing is there" } };
        return { status: 200, body: { id: this.#haveEffect(call).id } };
      }
      case "ask": {
        const effect = this.effects.get(decodeURIComponent(rest));
        return effect === undefined
          ? { status: 404, body: { error: "nothing is there" } }
          : { status: 200, body: { state: "done", id: effect.id } };
      }
      default:
        return { status: 409, body: { error: "never" } };
    }
  }

  #haveEffect(call: ServiceCall): Effect {
    const { key, run, step } = call;
    let effect = this.effects.get(key);
    if (effect === undefined) {
      effect = { id: `e${this.effects.size}`, run, step, key, at: Date.now() };
      this.effects.set(key, effect);
      const place = `${run}/${step}`;
      this.#effectsOf.set(place, [...this.#effectsOf.get(place) ?? [], effect]);
    }
    call.effect = effect.id;
    return effect;
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const FAULTS: Readonly<Record<Fault, number>> = {
  busy: 3,
  error_before: 1,
  error_after: 3,
  reset_before: 1,
  reset_after: 3,
  hang_after: 0.5,
};

const FAILURES = {
  busy: { status: 503, body: { error: "busy" } },
  error_before: { status: 500, body: { error: "broken" } },
  error_after: { status: 500, body: { error: "broken" } },
} as const;

/** The step that a compensation undoes: `each[2]/c5` for `each[2]/c5/compensate!2`. */
export function undoneBy({ step }: { readonly step: string }): string | undefined {
  return /^(.+)\/compensate(?:!\d+)?$/.exec(step)?.[1];
}

function cutOff(response: ServerResponse): void {
  response.socket?.destroy();
}

function pass(milliseconds: number): Promise<void> {
  return milliseconds <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, milliseconds));
}
