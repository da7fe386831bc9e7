import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import type { JournalTurn } from "../../src/engine/journal.ts";
import type { MaestroProcess, MaestroProcesses } from "./maestro_process.ts";
import type { TortureService } from "./torture_service.ts";
import type { TortureWorkflow } from "./torture_workflow.ts";

/** A run that is tortured. */
export interface TorturedRun {
  readonly id: string;
  readonly file: string;
  readonly workflow: TortureWorkflow;
  readonly signals: ReadonlyMap<string, JsonValue>;
  /** Signals that nobody confirmed yet. */
  readonly unsent: Set<string>;
  isCancelled: boolean;
  /** Whether it is in the store, as far as anybody knows. */
  isCreated: boolean;
  /** Whether a process has told its end. */
  isOver: boolean;
  /** Processes that are at it, or wait for it. */
  drivers: number;
}

/** All that is known after a round. */
export interface Evidence {
  readonly folder: string;
  readonly runs: ReadonlyMap<string, TorturedRun>;
  readonly service: TortureService;
  readonly processes: readonly MaestroProcess[];
  /** What `runs list --all` tells, newest first. */
  readonly listed: readonly JsonObject[];
  /** What `runs export` tells, by run id. */
  readonly exported: ReadonlyMap<string, ExportedRun>;
  /** What went wrong under way. */
  readonly problems: readonly string[];
}

/** What `runs export` prints. */
export interface ExportedRun {
  readonly run: JsonObject;
  readonly journal: readonly JournalTurn[];
}

/** Lists and exports all runs that are in the store. */
export async function readStore(processes: MaestroProcesses): Promise<Pick<Evidence, "listed" | "exported">> {
  const listed = await listRuns(processes);
  const exported = new Map<string, ExportedRun>();
  for (const { run_id } of listed) {
    const document = await processes.json(["runs", "export", String(run_id)]);
    exported.set(String(run_id), document as unknown as ExportedRun);
  }
  return { listed, exported };
}

/** Reads the list of all runs page by page. */
export async function listRuns(processes: MaestroProcesses): Promise<JsonObject[]> {
  const runs: JsonObject[] = [];
  let cursor: string | null = null;
  do {
    const more: string[] = cursor === null ? [] : ["--cursor", cursor];
    const page = await processes.json(["runs", "list", "--all", "--limit", "25", ...more]) as {
      readonly runs: readonly JsonObject[];
      readonly cursor: string | null;
    };
    runs.push(...page.runs);
    cursor = page.cursor;
  } while (cursor !== null);
  return runs;
}
