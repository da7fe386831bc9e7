import type { Evidence } from "./evidence.ts";
import { undoneBy } from "./torture_service.ts";

/** Says in a line what a round of torture was made of. */
export function describeRound(seed: string, evidence: Evidence): { readonly text: string; readonly kills: number } {
  const { processes, service: { calls }, exported } = evidence;
  const lastCalls = new Map(calls.map((call) => [call.process, call]));
  const killed = processes.filter(({ end }) => end?.killedBy === "SIGKILL");
  const last = killed.flatMap(({ number }) => lastCalls.get(number) ?? []);
  const undoing = last.filter((call) => undoneBy(call) !== undefined);
  const inFlight = last.filter(({ status }) => status === undefined);
  const statuses = new Map<string, number>();
  for (const { run } of exported.values()) {
    const status = String(run["status"]);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  const kills = killed.length;
  const text = [
    `seed ${seed}: ${kills} kills`,
    `${last.length} after a call, ${inFlight.length} with one in flight, ${undoing.length} in a rollback`,
    `${processes.length} processes, ${calls.length} requests`,
    `${exported.size} runs (${[...statuses].map(([status, count]) => `${count} ${status}`).join(", ")})`,
  ].join("; ");
  return { text, kills };
}
