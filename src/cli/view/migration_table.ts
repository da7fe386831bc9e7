import type { JsonObject } from "../../base/json.ts";
import type { Migration } from "../../maestro.ts";
import { colorOf } from "./run_table.ts";
import { drawTable, type TableOptions } from "./table.ts";

/** What was asked of a run: whether it could move to another definition, or that it does. */
export type MigrationQuestion = "diff" | "migrate";

/** Draws which runs can move, or have moved, to a definition. */
export function drawMigrations(
  migrations: readonly Migration[],
  question: MigrationQuestion,
  options: TableOptions,
): string {
  const rows = migrations.map((migration) => {
    const { run, obstacle } = migration;
    const color = obstacle === undefined ? undefined : "yellow" as const;
    return [
      { text: run.id },
      { text: run.status, color: colorOf(run.status) },
      { text: describe(migration, question), color },
    ];
  });
  return drawTable(["RUN", "STATUS", question === "diff" ? "WITH THIS DEFINITION" : "RESULT"], rows, options);
}

function describe({ isSame, obstacle }: Migration, question: MigrationQuestion): string {
  if (isSame) return "runs by it already";
  if (obstacle !== undefined) return question === "diff" ? `cannot go on: ${obstacle}` : `not moved: ${obstacle}`;
  return question === "diff" ? "can go on" : "moved";
}

/** A migration as JSON. */
export function migrationJson({ run, isSame, obstacle }: Migration, question: MigrationQuestion): JsonObject {
  const moves = !isSame && obstacle === undefined;
  return {
    run_id: run.id,
    status: run.status,
    same: isSame,
    [question === "diff" ? "can_migrate" : "migrated"]: moves,
    obstacle: obstacle ?? null,
  };
}
