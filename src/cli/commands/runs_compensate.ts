import type { Cli } from "../cli.ts";
import { type DriveFlags, driveStored } from "../run_session.ts";

/** Tries again what a rollback has left, and follows that to its end. */
export function runsCompensate(cli: Cli, flags: DriveFlags, reference: string): Promise<number> {
  return driveStored(cli, flags, reference, (maestro, { id }) => maestro.compensate(id));
}
