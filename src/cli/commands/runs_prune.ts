import { MaestroError } from "../../base/errors.ts";
import { plural } from "../../base/text.ts";
import type { Cli } from "../cli.ts";
import { parseSpan } from "../moments.ts";
import { isEnded, parseStatuses } from "../run_statuses.ts";
import type { StoreFlags } from "../run_routes.ts";
import { withStore } from "../store_session.ts";

/** Flags of `runs prune`. */
export type RunsPruneFlags = StoreFlags & {
  readonly olderThan: string | undefined;
  readonly status: readonly string[] | undefined;
  readonly dryRun: boolean | undefined;
};

/** Deletes runs that ended long ago, with their children. */
export function runsPrune(cli: Cli, flags: RunsPruneFlags): Promise<number> {
  const endedBefore = Date.now() - parseAge(flags.olderThan);
  const status = parseStatuses(flags.status);
  const open = status?.find((candidate) => !isEnded(candidate));
  if (open !== undefined) {
    throw new MaestroError(
      "usage",
      `--status ${open} names runs that have not ended, and only ended ones are deleted`,
      {
        hint: "`maestro runs cancel RUN` ends one",
      },
    );
  }
  const isDry = flags.dryRun ?? false;
  return withStore(cli, flags, async ({ store, settings, print, printJson }) => {
    const query = { endedBefore, status };
    const count = isDry ? await store.countPrunable(query) : await store.prune(query);
    if (settings.output === "json") printJson({ runs: count, dry_run: isDry });
    else print(`${isDry ? "would delete" : "deleted"} ${plural(count, "run")}\n`);
    return 0;
  }, { isReadOnly: isDry });
}

function parseAge(text: string | undefined): number {
  if (text === undefined) {
    throw new MaestroError("usage", "--older-than is missing", { hint: "as in --older-than 30d" });
  }
  const span = parseSpan(text);
  if (span !== undefined) return span;
  throw new MaestroError("usage", `--older-than must be a duration, but is "${text}"`, {
    hint: "write it as 30d or 12h",
  });
}
