import type { ClaimRunsRequest, WorkerRef } from "../../engine/storage.ts";
import { type ClaimedRows, claimRuns } from "./claim_runs.ts";
import { commitTurn, type PreparedCommit } from "./commit_turn.ts";
import { createRun, type PreparedRun } from "./create_run.ts";
import { deleteTree } from "./delete_runs.ts";
import { insertMessage, type PreparedMessage } from "./inbox.ts";
import { SELECT_STORED_RUNS, type StoredRunRow } from "./run_row.ts";
import { change, selectOne, type SqlContext, type SqlWork } from "./sql_work.ts";
import { forgetWorkers } from "./worker_rows.ts";

/** Everything that is ever written to a store, as plain data: another thread can carry it out. */
export type SqlOperation =
  | { readonly kind: "commit_turn"; readonly commit: PreparedCommit }
  | { readonly kind: "create_run"; readonly run: PreparedRun }
  | { readonly kind: "deliver"; readonly message: PreparedMessage }
  | { readonly kind: "claim_runs"; readonly request: ClaimRunsRequest; readonly deadFiles: readonly string[] }
  | { readonly kind: "renew_worker"; readonly worker: WorkerRef }
  | { readonly kind: "forget_workers"; readonly workers: readonly string[] }
  | { readonly kind: "delete_tree"; readonly root: string };

/** What each operation answers. */
export interface SqlAnswers {
  readonly commit_turn: unknown;
  readonly create_run: unknown;
  readonly deliver: Delivered | undefined;
  readonly claim_runs: ClaimedRows;
  readonly renew_worker: boolean;
  readonly forget_workers: unknown;
  readonly delete_tree: number;
}

/** The run that a message came for, as it was then. */
export interface Delivered {
  readonly row: StoredRunRow;
  readonly isNew: boolean;
}

/** The work of an operation. */
export function carryOut(operation: SqlOperation, context: SqlContext): SqlWork<SqlAnswers[SqlOperation["kind"]]> {
  switch (operation.kind) {
    case "commit_turn":
      return commitTurn(operation.commit, context);
    case "create_run":
      return createRun(operation.run, context);
    case "deliver":
      return deliver(operation.message, context);
    case "claim_runs":
      return claimRuns(operation.request, operation.deadFiles, context);
    case "renew_worker":
      return prolongLease(operation.worker, context);
    case "forget_workers":
      return forgetWorkers(operation.workers, context);
    case "delete_tree":
      return deleteTree(operation.root);
  }
}

function* deliver(message: PreparedMessage, context: SqlContext): SqlWork<Delivered | undefined> {
  const row = yield* selectOne<StoredRunRow>(`${SELECT_STORED_RUNS}where runs.id = ?`, [message.runId]);
  return row && { row, isNew: yield* insertMessage(message, null, context) };
}

function* prolongLease({ id, leaseMs }: WorkerRef, { now }: SqlContext): SqlWork<boolean> {
  const { changes } = yield* change("update workers set lease_until = ? where id = ?", [now + leaseMs, id]);
  return changes > 0;
}
