import { decodeUtf8 } from "../base/decode_utf8.ts";
import { MaestroError, toError } from "../base/errors.ts";
import { fileReason } from "../base/file_reason.ts";
import type { LoadedWorkflow, Maestro } from "../maestro.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { formatDiagnostic } from "../yaml/diagnostics.ts";

/** Reads and loads a workflow's file. @throws {MaestroError} `file_not_readable`, `invalid_workflow`. */
export async function loadFile(file: string, maestro: Maestro, runtime: Runtime): Promise<LoadedWorkflow> {
  const bytes = await runtime.readFile(file).catch((thrown: unknown) => {
    throw new MaestroError("file_not_readable", `Cannot read the workflow "${file}": ${fileReason(toError(thrown))}`);
  });
  const { workflow, diagnostics } = await maestro.load({ file, text: decodeUtf8(bytes) });
  if (workflow !== undefined) return workflow;
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  throw new MaestroError("invalid_workflow", errors.map((one) => formatDiagnostic(one)).join("\n"));
}
