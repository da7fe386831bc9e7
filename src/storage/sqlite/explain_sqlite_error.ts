import { MaestroError } from "../../base/errors.ts";
import { fileReason } from "../../base/file_reason.ts";
import { SqliteError, type SqliteErrorKind } from "../../runtime/sqlite.ts";

interface Explanation {
  readonly code: "store_unavailable" | "store_corrupt" | "payload_too_large";
  readonly reason: string;
  readonly hint: string;
}

const EXPLANATIONS: Readonly<Record<SqliteErrorKind, Explanation>> = {
  busy: {
    code: "store_unavailable",
    reason: "another process has held its lock for too long",
    hint: "see which process has the file open; a stopped process keeps its locks",
  },
  full: {
    code: "store_unavailable",
    reason: "the disk is full",
    hint: "make room, or move the store; what was stored before is unharmed",
  },
  corrupt: {
    code: "store_corrupt",
    reason: "the file is damaged",
    hint: "restore a copy, or move the file away and start with a new one",
  },
  not_a_database: {
    code: "store_corrupt",
    reason: "the file is no SQLite database",
    hint: "check the path, or move the file away and start with a new one",
  },
  cannot_open: {
    code: "store_unavailable",
    reason: "the file cannot be opened",
    hint: "check that the path is right, and that this user may read and write the file and its folder",
  },
  read_only: {
    code: "store_unavailable",
    reason: "the file or its folder cannot be written",
    hint: "give this user the right to write the file and its folder, or choose another store",
  },
  io: {
    code: "store_unavailable",
    reason: "the disk reports an error",
    hint: "check the disk, and the room on it",
  },
  too_big: {
    code: "payload_too_large",
    reason: "a value is larger than SQLite allows",
    hint: "keep large data elsewhere and pass a reference to it",
  },
  other: {
    code: "store_unavailable",
    reason: "SQLite reports an error",
    hint: "if the file was not changed by something else, this is a fault in Maestro: please report it",
  },
};

/** Turns an error of SQLite or of the file system into one that says where, what, and what to do. Others are given as they are. */
export function explainSqliteError(error: Error, path: string): Error {
  if (error instanceof SqliteError) {
    const { code, reason, hint } = EXPLANATIONS[error.kind];
    const more = error.kind === "other" || error.kind === "io" ? ` (${error.message})` : "";
    return new MaestroError(code, `The store "${path}" cannot be used: ${reason}${more}`, {
      hint,
      details: { path },
      cause: error,
    });
  }
  if ("syscall" in error) {
    return new MaestroError("store_unavailable", `The store "${path}" cannot be used: ${fileReason(error)}`, {
      hint: EXPLANATIONS.cannot_open.hint,
      details: { path },
      cause: error,
    });
  }
  return error;
}
