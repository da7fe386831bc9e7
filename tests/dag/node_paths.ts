import assert from "node:assert/strict";
import type { JournalTurn } from "../../src/engine/journal.ts";
import type { RandomNode } from "./random_graph.ts";

/** The path of a node in the journal. */
export function pathOf(name: string): string {
  return `dag/${name}`;
}

/** Paths of the steps of which a journal tells something, in its order. */
export function pathsOf(journal: readonly JournalTurn[], type: string): readonly string[] {
  return journal.flatMap(({ entries }) =>
    entries.flatMap((entry) => entry.type === type && "step" in entry && entry.step !== null ? entry.step : [])
  );
}

/** In the journal, too, no node is asked for before the outcomes of those that it waits for. */
export function assertOrder(nodes: readonly RandomNode[], journal: readonly JournalTurn[]): void {
  const dependencies = new Map(nodes.map(({ name, dependsOn }) => [pathOf(name), dependsOn.map(pathOf)]));
  const ended = new Set<string>();
  for (const entry of journal.flatMap(({ entries }) => entries)) {
    if (entry.type === "step_completed") ended.add(entry.step);
    if (entry.type !== "step_scheduled") continue;
    for (const before of dependencies.get(entry.step)!) assert(ended.has(before), `${entry.step} after ${before}`);
  }
}
