import type { RunEvent } from "../run_events.ts";

/** Shows a run's children as parts of it: what happens in one happens below the step that started it. */
export class ChildEvents {
  #root: string | undefined;
  /** The path of the step behind each child. */
  readonly #places = new Map<string, string>();

  /** The event as one of the run at the top; `undefined` where it tells nothing of a step. The first event decides which run that is. */
  place(event: RunEvent): RunEvent | undefined {
    const { runId, entry } = event;
    this.#root ??= runId;
    const place = this.#places.get(runId);
    if (entry.type === "child_scheduled" && !this.#places.has(entry.runId)) {
      this.#places.set(entry.runId, place === undefined ? entry.step : `${place}/${entry.step}`);
    }
    if (runId === this.#root) return event;
    if (place === undefined || !("step" in entry) || typeof entry.step !== "string") return undefined;
    const undone = "compensates" in entry && entry.compensates !== undefined
      ? { compensates: `${place}/${entry.compensates}` }
      : {};
    return { ...event, runId: this.#root, entry: { ...entry, ...undone, step: `${place}/${entry.step}` } };
  }
}
