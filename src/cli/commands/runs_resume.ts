import { MaestroError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { resumeAll } from "../resume_all.ts";
import { type DriveFlags, driveStored } from "../run_session.ts";

/** Flags of `runs resume`. */
export type RunsResumeFlags = DriveFlags & {
  readonly all: boolean | undefined;
};

/** Goes on with a run, or with every one that was interrupted, to the end. */
export async function runsResume(cli: Cli, flags: RunsResumeFlags, reference?: string): Promise<number> {
  if (flags.all ?? false) {
    if (reference === undefined) return await resumeAll(cli, flags);
    throw new MaestroError("usage", "RUN and --all exclude each other");
  }
  if (reference === undefined) {
    throw new MaestroError("usage", "RUN is missing", {
      hint: "`maestro runs resume --all` takes every interrupted run",
    });
  }
  return await driveStored(cli, flags, reference, (maestro, { id }) => maestro.resume(id));
}
