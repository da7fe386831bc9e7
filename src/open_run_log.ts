import type { Log, RunLogOptions } from "./telemetry/log.ts";

/** Opens a log of runs, to be given their events; what writes it is loaded only now. */
export async function openRunLog(options: RunLogOptions): Promise<Log> {
  return (await import("./telemetry/log.ts")).createRunLog(options);
}
