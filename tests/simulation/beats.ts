import type { CallContext } from "../../src/engine/service.ts";
import type { Chance } from "./chance.ts";
import type { SimProcess } from "./sim_process.ts";
import type { WatchedStorage } from "./watched_storage.ts";

/** Calls that tell how far they are, and what their next attempts hear of it. */
export class Beats {
  /** Attempts that began with what an earlier one had told. */
  heard = 0;
  /** What was heard though no earlier attempt had told it, and what was not though the store holds it. */
  readonly faults: string[] = [];
  readonly #chance: Chance;
  readonly #store: WatchedStorage;
  /** By the run's id and the step's path. */
  readonly #told = new Map<string, Set<unknown>>();

  constructor(chance: Chance, store: WatchedStorage) {
    this.#chance = chance;
    this.#store = store;
  }

  /** Begins an attempt, which tells how far it is now and then. */
  begin(context: CallContext, process: SimProcess): void {
    const { runId, step, attempt, lastHeartbeat } = context;
    const name = `${runId} ${step}`;
    let told = this.#told.get(name);
    if (told === undefined) this.#told.set(name, told = new Set());
    if (lastHeartbeat !== undefined) {
      this.heard++;
      if (!told.has(lastHeartbeat)) this.faults.push(`${name} hears ${String(lastHeartbeat)}, which nobody told`);
    }
    const watched = this.#store.runs.get(runId);
    const isOwner = watched?.claimer?.startsWith(`${process.name}.`) === true;
    if (lastHeartbeat === undefined && isOwner && watched.beaten.has(step)) {
      this.faults.push(`${name} does not hear what the attempt before told`);
    }
    for (let count = this.#chance.between(0, 3); count > 0; count--) {
      process.after(this.#chance.between(0, 150), () => {
        const details = `${process.name}.${attempt}.${told.size}`;
        told.add(details);
        context.heartbeat(details);
      });
    }
  }
}
