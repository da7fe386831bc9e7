import type { LoadedWorkflow } from "../load_workflow.ts";
import type { Migration } from "../maestro.ts";
import { type Cli, say, wantsColor } from "./cli.ts";
import { loadValid, readSource } from "./load.ts";
import { openRunSession, type RunSession } from "./run_session.ts";
import type { StoreFlags } from "./run_routes.ts";
import { readSettings } from "./settings.ts";
import { openExistingStore } from "./store.ts";
import { createStyle } from "./style.ts";
import { drawMigrations, migrationJson, type MigrationQuestion } from "./view/migration_table.ts";

/** What commands work with that hold stored runs against a definition. */
export interface DefinitionSession extends RunSession {
  readonly workflow: LoadedWorkflow;
  /** Prints what was found. */
  answer(question: MigrationQuestion, migrations: readonly Migration[]): void;
}

/** Loads a workflow, opens the store that is there, hands both to a function, and closes the store. */
export async function withDefinition(
  cli: Cli,
  flags: StoreFlags,
  file: string,
  use: (session: DefinitionSession) => Promise<number>,
): Promise<number> {
  const { stdout } = cli.host;
  const settings = await readSettings(cli, flags);
  const source = await readSource(cli, file);
  const open = await openExistingStore(cli, settings, { isReadOnly: false });
  const session = await openRunSession(cli, flags, settings, open);
  try {
    const workflow = await loadValid(cli, session.maestro, source, settings.quiet || settings.output === "json");
    const answer: DefinitionSession["answer"] = (question, migrations) => {
      if (settings.output === "json") {
        const runs = migrations.map((migration) => migrationJson(migration, question));
        return stdout.write(`${JSON.stringify({ workflow: workflow.plan.name, runs }, null, 2)}\n`);
      }
      if (migrations.length === 0) return say(cli, `No unfinished runs of "${workflow.plan.name}"`);
      const style = createStyle(stdout.isTerminal && wantsColor(cli.host));
      const columns = stdout.isTerminal ? stdout.size().columns : undefined;
      stdout.write(cli.redactor.text(drawMigrations(migrations, question, { style, columns })));
    };
    return await use({ ...session, workflow, answer });
  } finally {
    await session.maestro.close();
  }
}
