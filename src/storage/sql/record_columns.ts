import type { RunRecord } from "../../engine/run.ts";
import type { RunChange } from "../../engine/storage.ts";
import { attributesColumn } from "./attribute_rows.ts";
import type { Payload, PayloadCodec } from "./payload.ts";
import { placeOf } from "./run_row.ts";
import type { SqlValue } from "./sql_work.ts";

/** What of a run's record may hold what people keep to themselves; absent where it is not given. */
type Private = Partial<Pick<RunRecord, "output" | "error" | "pause">>;

/** Columns of `runs` with their values. */
export type RecordColumns = readonly (readonly [name: string, value: SqlValue | Payload])[];

/**
 * Brings the private parts of a record into the form in which they are kept. Of an error only its code is always clear, of a pause its
 * reason; an error's message has a column of its own for the search where nothing is encrypted.
 */
export function privateColumns(codec: PayloadCodec, runId: string, { output, error, pause }: Private): RecordColumns {
  const columns: [name: string, value: SqlValue | Payload][] = [];
  if (output !== undefined) {
    columns.push(["output", output === null ? null : codec.json(output, placeOf("output", runId))]);
  }
  if (error !== undefined) {
    columns.push(
      ["error", error === null ? null : codec.json(error, placeOf("error", runId))],
      ["error_code", error?.code ?? null],
      ["error_message", codec.isEncrypting ? null : error?.message ?? null],
    );
  }
  if (pause !== undefined) {
    columns.push(
      ["pause_reason", pause?.reason ?? null],
      ["pause_message", pause === null ? null : codec.text(pause.message, placeOf("pause", runId))],
      [
        "pause_difference",
        pause?.difference === undefined ? null : codec.json({ ...pause.difference }, placeOf("pause", runId)),
      ],
    );
  }
  return columns;
}

const NO_COLUMNS: RecordColumns = [];

/** The columns that a change of a record sets, but for its definition. */
export function changedColumns(codec: PayloadCodec, runId: string, change: RunChange): RecordColumns {
  for (const _member in change) {
    const { status, cause, wakeAt, finishedAt, attributes } = change;
    const columns = [...privateColumns(codec, runId, change)];
    if (status !== undefined) columns.push(["status", status]);
    if (cause !== undefined) columns.push(["cause", cause]);
    if (wakeAt !== undefined) columns.push(["wake_at", wakeAt]);
    if (finishedAt !== undefined) columns.push(["finished_at", finishedAt]);
    if (attributes !== undefined) columns.push(["attributes", attributesColumn(attributes)]);
    return columns;
  }
  return NO_COLUMNS;
}

/** What a column is set to, its text sealed by now. */
export function columnValue(value: SqlValue | Payload): SqlValue {
  return typeof value === "object" && value !== null && "value" in value ? value.value : value;
}
