import type { Cli } from "../cli.ts";
import { type DriveFlags, driveStored } from "../run_session.ts";

/** Cancels a run and rolls it back: by the process that has it, else here. Follows it to its end. */
export function runsCancel(cli: Cli, flags: DriveFlags, reference: string): Promise<number> {
  return driveStored(cli, flags, reference, (maestro, { id }) => maestro.cancel(id));
}
