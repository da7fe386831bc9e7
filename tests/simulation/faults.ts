import type { Chance } from "./chance.ts";

/** What goes wrong with one request to the store. */
export type RequestFault =
  | "none"
  /** The process ends before the request is sent, or before its answer comes. */
  | "crash before"
  | "crash after"
  /** The store says that it is not available, and has done nothing, or all of it. */
  | "fail"
  | "lie"
  /** The request arrives twice. */
  | "repeat";

/** How often what goes wrong. */
export interface FaultProfile {
  /** By request. */
  readonly crash: number;
  readonly fail: number;
  readonly lie: number;
  readonly repeat: number;
  /** Number of times, at any moment. */
  readonly kills: number;
  readonly pauses: number;
  readonly jumps: number;
  /** Times at which the store takes every worker for dead. */
  readonly forgets: number;
  /** Processes that are stopped in good order. */
  readonly stops: number;
  /** Times at which the store cannot be reached by anybody, for longer than anybody waits. */
  readonly outages: number;
  /** The longest that a request to the store or its answer takes, in milliseconds. */
  readonly slowestMs: number;
  /** By how much the wall clocks of processes differ, in milliseconds. */
  readonly skewMs: number;
}

/** Nothing goes wrong. */
export const NO_FAULTS: FaultProfile = {
  crash: 0,
  fail: 0,
  lie: 0,
  repeat: 0,
  kills: 0,
  pauses: 0,
  jumps: 0,
  forgets: 0,
  stops: 0,
  outages: 0,
  slowestMs: 3,
  skewMs: 0,
};

/** Draws how bad a simulation is: many have one kind of fault, so that what fails is easy to see. */
export function drawProfile(chance: Chance): FaultProfile {
  const kind = chance.weighted({ crashes: 4, store: 3, pauses: 2, clocks: 1, all: 4 });
  const rate = chance.pick([0.01, 0.03, 0.1]);
  const has = (...kinds: string[]): boolean => kind === "all" || kinds.includes(kind);
  const more = chance.fork("more").weighted({ nothing: 8, stops: 1, outages: 1 });
  return {
    stops: more === "stops" ? 2 : 0,
    outages: more === "outages" ? 1 : 0,
    crash: has("crashes") ? rate : 0,
    kills: has("crashes") ? chance.between(0, 4) : 0,
    fail: has("store") ? rate : 0,
    lie: has("store") ? rate : 0,
    repeat: has("store") ? rate : 0,
    pauses: has("pauses") ? chance.between(1, 4) : 0,
    forgets: has("pauses") ? chance.between(0, 2) : 0,
    jumps: has("clocks") ? chance.between(1, 3) : 0,
    skewMs: has("clocks") ? chance.pick([0, 20, 3_000]) : 0,
    slowestMs: chance.pick([3, 3, 30, 300]),
  };
}

/** What goes wrong in one simulation, until it has gone wrong often enough: then everything has to come to an end. */
export class Faults {
  readonly #profile: FaultProfile;
  readonly #chance: Chance;
  #left: number;
  /** Whether the store cannot be reached now. */
  isOut = false;

  constructor(profile: FaultProfile, chance: Chance) {
    this.#profile = profile;
    this.#chance = chance;
    this.#left = chance.between(1, 12);
  }

  /** What goes wrong with a request; while the store cannot be reached, some arrive all the same. */
  ofRequest(kind: "read" | "write" | "claim" | "renew"): RequestFault {
    if (this.isOut) return kind !== "read" && this.#chance.happens(0.1) ? "lie" : "fail";
    const fault = this.#draw(kind);
    if (fault !== "none" && fault !== "repeat") this.#left--;
    return fault;
  }

  #draw(kind: "read" | "write" | "claim" | "renew"): RequestFault {
    const { crash, fail, lie, repeat } = this.#profile;
    if (this.#left <= 0) return "none";
    const drawn = this.#chance.next();
    if (drawn < crash) return "crash before";
    if (drawn < 2 * crash) return "crash after";
    if (drawn < 2 * crash + fail) return "fail";
    if (kind === "read") return "none";
    if (drawn < 2 * crash + fail + lie) return "lie";
    return drawn < 2 * crash + fail + lie + repeat ? "repeat" : "none";
  }

  /** How long a request or an answer takes, in milliseconds. */
  delay(): number {
    return this.#chance.delay(1, this.#profile.slowestMs);
  }
}
