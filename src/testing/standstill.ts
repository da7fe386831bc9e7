import { MaestroError } from "../base/errors.ts";
import { readTurns } from "../engine/recovered.ts";
import { isFinal } from "../engine/run.ts";
import type { Storage } from "../engine/storage.ts";
import { foldSteps } from "../plan/run_view.ts";

/** Makes the error of a run that can never go on: it names what the run, or a run that it has started, waits for. */
export async function describeStandstill(runId: string, storage: Storage): Promise<MaestroError> {
  const signals = await awaitedSignals(runId, storage);
  const now = `Run "${runId}" can never go on: nothing is under way, and nothing is planned`;
  if (signals.length === 0) return new MaestroError("usage", now);
  const waits = signals.map(({ step, signal }) => `step "${step}" waits for the signal "${signal}"`).join(", ");
  return new MaestroError("usage", `Run "${runId}" can never go on: ${waits}, which nobody sends`, {
    hint: `send it at some time: tester.after("1h", (run) => run.signal("${signals[0]!.signal}", …))`,
  });
}

async function awaitedSignals(
  runId: string,
  storage: Storage,
): Promise<readonly { readonly step: string; readonly signal: string }[]> {
  const steps = foldSteps(await readTurns(storage, runId));
  const own = steps.flatMap(({ id, waitsFor }) => waitsFor === null ? [] : { step: id, signal: waitsFor });
  const { runs } = await storage.listRuns({ parent: runId, limit: 100 });
  const inside = runs.filter(({ status }) => !isFinal(status)).map(({ id }) => awaitedSignals(id, storage));
  return [...own, ...(await Promise.all(inside)).flat()];
}
