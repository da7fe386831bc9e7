import type { JsonValue } from "../../base/json.ts";
import type { Failure } from "../../engine/failure.ts";
import type { Difference, Durability, PauseReason, RunCause, RunRecord, RunStatus } from "../../engine/run.ts";
import type { StoredRun } from "../../engine/storage.ts";
import { readAttributes } from "./attribute_rows.ts";
import type { PayloadCodec } from "./payload.ts";
import type { SqlValue } from "./sql_work.ts";

/** A row of `runs`, with the hash that its definition stands for. */
export interface RunRow {
  readonly seq: number;
  readonly id: string;
  readonly internal_id: string;
  readonly workflow: string;
  readonly version: string;
  readonly hash: string;
  readonly queue: string;
  readonly parent_run: string | null;
  readonly parent_step: string | null;
  readonly root: string;
  readonly durability: Durability;
  readonly status: RunStatus;
  readonly cause: RunCause | null;
  readonly pause_reason: PauseReason | null;
  readonly pause_message: SqlValue;
  readonly pause_difference: SqlValue;
  readonly wake_at: number | null;
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly head: number;
  readonly tail: number;
  readonly token: number;
  readonly crashes: number;
  readonly error: SqlValue;
  readonly output: SqlValue;
  readonly attributes: SqlValue;
}

/** A run's row with what is told of it beside its record. */
export interface StoredRunRow extends RunRow {
  readonly owner: string | null;
  readonly waiting: number;
  /** When the owner's lease ends; null where the store does not know the owner. */
  readonly lease_until: number | null;
  /** What the owner's files are called. */
  readonly files: string | null;
}

const COLUMNS = [
  ...["seq", "id", "internal_id", "workflow", "version", "queue", "parent_run", "parent_step", "root", "durability"],
  ...[
    "status",
    "cause",
    "pause_reason",
    "pause_message",
    "pause_difference",
    "wake_at",
    "started_at",
    "finished_at",
    "head",
    "tail",
  ],
  ...["token", "crashes", "error", "output", "attributes"],
];

/** The columns of a `RunRow`. */
export const RUN_COLUMNS: string = `${
  COLUMNS.map((name) => `runs.${name}`).join(", ")
}, (select hash from definitions where definitions.seq = runs.definition) as hash`;

/** The columns of a `StoredRunRow`. */
const STORED_RUN_COLUMNS = `${RUN_COLUMNS}, runs.owner, workers.lease_until, workers.files,
(select count(*) from messages where messages.run = runs.seq and messages.is_taken = 0) as waiting`;

/** Reads rows of `StoredRunRow`; a condition follows. */
export const SELECT_STORED_RUNS: string =
  `select ${STORED_RUN_COLUMNS} from runs left join workers on workers.id = runs.owner `;

/** The same in the order of an index of attributes, `found`, which is gone through first. */
export const SELECT_RUNS_BY_ATTRIBUTE: string = `select ${STORED_RUN_COLUMNS} from attributes as found
cross join runs on runs.seq = found.run left join workers on workers.id = runs.owner `;

/** Where a run's data are kept, for messages and for the cipher. */
export function placeOf(what: "output" | "error" | "pause" | "start", runId: string): string {
  return `the ${what} of run "${runId}"`;
}

/** Makes a record of a row. */
export async function toRecord(row: RunRow, codec: PayloadCodec): Promise<RunRecord> {
  const { id } = row;
  const pause = row.pause_reason;
  return {
    id,
    internalId: row.internal_id,
    workflow: row.workflow,
    version: row.version,
    definition: row.hash,
    queue: row.queue,
    parent: row.parent_run === null ? null : { runId: row.parent_run, step: row.parent_step! },
    root: row.root,
    durability: row.durability,
    status: row.status,
    cause: row.cause,
    output: row.output === null ? null : await codec.readJson(row.output, placeOf("output", id)) as JsonValue,
    error: row.error === null ? null : await codec.readJson(row.error, placeOf("error", id)) as Failure,
    pause: pause === null ? null : {
      reason: pause,
      message: await codec.read(row.pause_message, placeOf("pause", id)),
      ...(row.pause_difference === null ? undefined : {
        difference: await codec.readJson(row.pause_difference, placeOf("pause", id)) as unknown as Difference,
      }),
    },
    wakeAt: row.wake_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    attributes: readAttributes(row.attributes, id),
  };
}

/** Makes a run of a row; `isAlive` tells of its owner. */
export async function toStoredRun(
  row: StoredRunRow,
  codec: PayloadCodec,
  isAlive: (row: StoredRunRow) => boolean,
): Promise<StoredRun> {
  const owner = row.owner !== null && isAlive(row) ? row.owner : null;
  return { ...await toRecord(row, codec), head: row.head, owner, mail: row.waiting };
}
