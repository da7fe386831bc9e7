import type { Migration } from "../../maestro.ts";
import type { Cli } from "../cli.ts";
import { withDefinition } from "../definition_session.ts";
import type { StoreFlags } from "../run_routes.ts";

/** Exit code when a run could not go on with the definition. */
const CANNOT = 1;

/** Tells which unfinished runs could go on with a definition. */
export function diff(cli: Cli, flags: StoreFlags, file: string): Promise<number> {
  return withDefinition(cli, flags, file, async ({ maestro, workflow, answer }) => {
    const migrations: Migration[] = [];
    for await (const migration of maestro.diff(workflow)) migrations.push(migration);
    answer("diff", migrations);
    return migrations.some(({ obstacle }) => obstacle !== undefined) ? CANNOT : 0;
  });
}
