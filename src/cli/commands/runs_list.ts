import { MaestroError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { say } from "../cli.ts";
import { parseAttributes } from "../attribute_flags.ts";
import { parseMoment } from "../moments.ts";
import { storedRunJson } from "../run_json.ts";
import { parseStatuses } from "../run_statuses.ts";
import type { StoreFlags } from "../run_routes.ts";
import { withStore } from "../store_session.ts";
import { drawRuns } from "../view/run_table.ts";

/** Flags of `runs list`. */
export type RunsListFlags = StoreFlags & {
  readonly status: readonly string[] | undefined;
  readonly workflow: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly attribute: readonly string[] | undefined;
  readonly text: string | undefined;
  readonly limit: string | undefined;
  readonly cursor: string | undefined;
  readonly all: boolean | undefined;
};

/** Runs on a page unless said otherwise. */
const PAGE = 50;

/** Most runs on a page. */
const MOST = 1_000;

/** Lists runs, the newest first. */
export function runsList(cli: Cli, flags: RunsListFlags): Promise<number> {
  const now = Date.now();
  const query = {
    status: parseStatuses(flags.status),
    workflow: flags.workflow,
    rootsOnly: !(flags.all ?? false),
    startedFrom: flags.since === undefined ? undefined : parseMoment("--since", flags.since, now),
    startedBefore: flags.until === undefined ? undefined : parseMoment("--until", flags.until, now),
    attributes: parseAttributes(flags.attribute),
    text: flags.text,
    cursor: flags.cursor,
    limit: parseLimit(flags.limit),
  };
  return withStore(cli, flags, async ({ store, settings, style, columns, command, print, printJson }) => {
    const { runs, cursor } = await store.list(query);
    if (settings.output === "json") {
      printJson({ runs: runs.map(storedRunJson), cursor: cursor ?? null });
      return 0;
    }
    if (runs.length === 0) say(cli, "No runs");
    else print(drawRuns(runs, { style, columns: cli.host.stdout.isTerminal ? columns : undefined, now }));
    if (cursor !== undefined) {
      say(cli, cli.style.dim(`There are more: ${command(["runs", "list", ...repeated(flags), "--cursor", cursor])}`));
    }
    return 0;
  });
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return PAGE;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MOST) return limit;
  throw new MaestroError("usage", `--limit must be a whole number from 1 to ${MOST}, but is "${text}"`);
}

/** The conditions of a list, for the command that shows its next page. */
function repeated(flags: RunsListFlags): readonly string[] {
  const { status, attribute, all, workflow, since, until, text, limit } = flags;
  const words = Object.entries({ workflow, since, until, text, limit }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value]
  );
  const lists = Object.entries({ status, attribute }).flatMap(([name, values]) =>
    values?.flatMap((value) => [`--${name}`, value]) ?? []
  );
  return [...lists, ...words, ...(all ? ["--all"] : [])];
}
