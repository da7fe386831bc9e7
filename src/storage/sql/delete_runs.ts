import { isFinal, type RunStatus } from "../../engine/run.ts";
import type { DeleteRunsRequest } from "../../engine/storage.ts";
import { attributeKeys, deleteAttributes, readAttributes } from "./attribute_rows.ts";
import { dropDefinition } from "./create_run.ts";
import { deleteJournal } from "./journal_rows.ts";
import { change, selectAll, selectOne, type SqlValue, type SqlWork } from "./sql_work.ts";

/** A tree of runs that may be deleted. */
export interface EndedTree {
  /** Id of its root. */
  readonly id: string;
}

const FINALS = "'completed', 'failed', 'compensated', 'compensation_failed', 'cancelled'";

const HAS_UNFINISHED = `exists (select 1 from runs c
where c.root = r.id and c.parent_run is not null and c.status not in (${FINALS}))`;

/** Finds trees that ended long enough ago, those that ended first in front. The plus keeps the index of when they ended in use. */
export function* findEndedTrees(
  { endedBefore, runId, status, limit }: DeleteRunsRequest,
): SqlWork<readonly EndedTree[]> {
  const statuses = status?.filter(isFinal).map((name) => `'${name}'`).join(", ") ?? FINALS;
  return yield* selectAll<EndedTree>(
    `select r.id from runs r
where r.finished_at < ? and r.finished_at is not null and r.parent_run is null${
      runId === undefined ? "" : " and r.id = ?"
    }
and +r.status in (${statuses}) and not ${HAS_UNFINISHED} order by r.finished_at limit ?`,
    [endedBefore ?? Number.MAX_SAFE_INTEGER, ...(runId === undefined ? [] : [runId]), limit],
  );
}

/** Deletes a tree of runs unless one of it has been opened again; gives how many runs went. */
export function* deleteTree(root: string): SqlWork<number> {
  const runs = yield* selectTree(root);
  if (runs.some(({ status }) => !isFinal(status))) return 0;
  for (const { seq, id, tail, definition, attributes } of runs) {
    yield* deleteAttributes(seq, attributeKeys(readAttributes(attributes, id)));
    yield* deleteJournal(tail);
    yield* change("delete from messages where run = ?", [seq]);
    yield* change("delete from starts where run = ?", [seq]);
    yield* change("delete from runs where seq = ?", [seq]);
    yield* dropDefinition(definition);
  }
  return runs.length;
}

interface TreeRow {
  readonly seq: number;
  readonly id: string;
  readonly status: RunStatus;
  readonly tail: number;
  readonly definition: number;
  readonly attributes: SqlValue;
}

const TREE_COLUMNS = "seq, id, status, tail, definition, attributes";

function* selectTree(root: string): SqlWork<readonly TreeRow[]> {
  const top = yield* selectOne<TreeRow>(`select ${TREE_COLUMNS} from runs where id = ?`, [root]);
  if (top === undefined) return [];
  const below = yield* selectAll<TreeRow>(
    `select ${TREE_COLUMNS} from runs where root = ? and parent_run is not null`,
    [root],
  );
  return [top, ...below];
}
