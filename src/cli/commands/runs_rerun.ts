import { MaestroError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { type DriveFlags, driveStored } from "../run_session.ts";

/** Flags of `runs rerun`. */
export type RunsRerunFlags = DriveFlags & {
  readonly from: string | undefined;
  readonly id: string | undefined;
};

/** Starts a new run that takes over the outcomes of an old one up to a step, and follows it to its end. */
export function runsRerun(cli: Cli, flags: RunsRerunFlags, reference: string): Promise<number> {
  const { from, id } = flags;
  if (from === undefined) {
    throw new MaestroError("usage", "--from is missing: the step at which the new run begins", {
      hint: "`maestro runs show RUN` lists the steps",
    });
  }
  return driveStored(cli, flags, reference, (maestro, run) => maestro.rerun(run.id, { from, id }));
}
