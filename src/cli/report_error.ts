import { fileReason } from "../base/file_reason.ts";
import { ERROR_CODES, MaestroError, toError } from "../base/errors.ts";
import { type Cli, isDebug, say } from "./cli.ts";

/** Tells the user of an error, in one line and a hint, and gives the exit code that goes with it. Never shows a stack unless at `--log-level debug`. */
export function reportError(cli: Cli, thrown: unknown): number {
  const error = explain(toError(thrown));
  const tell = (line: string): void => say(cli, cli.redactor.text(line));
  tell(`${cli.style.red(cli.style.bold(`error[${error.code}]`))} ${error.message}`);
  if (error.hint !== undefined) tell(`  ${cli.style.dim("hint:")} ${error.hint}`);
  if (isDebug(cli)) tell(cli.style.dim(toError(thrown).stack ?? ""));
  return ERROR_CODES[error.code].exit;
}

/** Turns any error into one that a user can act on. */
function explain(error: Error): MaestroError {
  if (MaestroError.is(error)) return error;
  const firstLine = error.message.split("\n", 1)[0] ?? "";
  if (error.name === "NotCapable" || /^Requires (read|write|net|env|sys|run) access/.test(firstLine)) {
    return new MaestroError("permission_denied", `Deno does not allow this: ${firstLine}`, { cause: error });
  }
  return new MaestroError("internal", `Unexpected error: ${firstLine || error.name}`, {
    cause: error,
    hint: "this is a fault of Maestro's; `--log-level debug` shows where it happened",
  });
}

/** Turns a file system error into one that names the file and the flag or argument that asked for it. */
export function fileError(what: string, path: string, thrown: unknown): MaestroError {
  const error = toError(thrown) as Error & { code?: string };
  if (error.name === "NotCapable") {
    return new MaestroError("permission_denied", `Deno may not read "${path}"`, {
      hint: "run again with --allow-read",
      cause: error,
    });
  }
  return new MaestroError("file_not_readable", `Cannot read ${what} "${path}": ${fileReason(error)}`, { cause: error });
}
