import { MaestroError } from "../../base/errors.ts";
import type { LoadedWorkflow } from "../../load_workflow.ts";
import type { Maestro, Migration } from "../../maestro.ts";
import type { StoredRun } from "../../run_store.ts";
import type { Cli } from "../cli.ts";
import { withDefinition } from "../definition_session.ts";
import type { StoreFlags } from "../run_routes.ts";

/** Exit code when a run stays with its own definition. */
const STAYS = 1;

/** Moves runs to a definition: those that are named, else every unfinished one that can go on with it. */
export function runsMigrate(cli: Cli, flags: StoreFlags, file: string, ...references: string[]): Promise<number> {
  return withDefinition(cli, flags, file, async ({ maestro, store, workflow, answer }) => {
    const runs: StoredRun[] = [];
    for (const reference of references) runs.push(await store.find(reference));
    if (references.length === 0) { for await (const { run } of maestro.diff(workflow)) runs.push(run); }
    const migrations: Migration[] = [];
    for (const run of runs) migrations.push(await migrate(maestro, run, workflow));
    answer("migrate", migrations);
    return migrations.some(({ obstacle }) => obstacle !== undefined) ? STAYS : 0;
  });
}

/** A run that cannot move does not keep the others from moving. */
async function migrate(maestro: Maestro, run: StoredRun, workflow: LoadedWorkflow): Promise<Migration> {
  try {
    return await maestro.migrate(run.id, workflow);
  } catch (thrown) {
    if (!MaestroError.is(thrown, "usage") && !MaestroError.is(thrown, "claim_lost")) throw thrown;
    return { run, isSame: false, obstacle: thrown.message };
  }
}
