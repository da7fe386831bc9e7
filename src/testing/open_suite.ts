import type { Diagnostic } from "../base/diagnostics.ts";
import { decodeUtf8 } from "../base/decode_utf8.ts";
import { toError } from "../base/errors.ts";
import { fileReason } from "../base/file_reason.ts";
import { folderOf, joinPath } from "../base/paths.ts";
import { createMaestro, type LoadedWorkflow, type WorkflowSource } from "../maestro.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { checkTestNames } from "./check_test_names.ts";
import { readTestFile } from "./read_test_file.ts";
import type { TestFile } from "./test_file.ts";

/** Test cases with the workflow that they are about. */
export interface Suite extends TestFile {
  readonly loaded: LoadedWorkflow;
}

/** What came of opening a test file. */
export interface OpenedSuite {
  /** `undefined` where there is any error, in the file or in its workflow. */
  readonly suite: Suite | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** The documents that were read. */
  readonly sources: readonly WorkflowSource[];
}

/** Reads a test file and loads its workflow. Problems are diagnostics, never exceptions. */
export async function openSuite(source: WorkflowSource, runtime: Runtime): Promise<OpenedSuite> {
  const { tests, document, diagnostics, diagnose } = readTestFile(source.file, source.text);
  if (tests === undefined || document === undefined) return { suite: undefined, diagnostics, sources: [source] };
  const file = joinPath(folderOf(source.file), tests.workflow);
  let text: string;
  try {
    text = decodeUtf8(await runtime.readFile(file));
  } catch (thrown) {
    const message = `Cannot read "${tests.workflow}": ${fileReason(toError(thrown))}`;
    const hint = "the name is relative to the test file";
    const found = diagnose([{ severity: "error", code: "file_not_readable", message, hint, path: ["workflow"] }]);
    return { suite: undefined, diagnostics: found, sources: [source] };
  }
  const maestro = createMaestro({ runtime });
  const { workflow, diagnostics: ofWorkflow, sources } = await maestro.load({ file, text });
  await maestro.close();
  const all = [source, ...sources];
  const errors = ofWorkflow.filter(({ severity }) => severity === "error");
  if (workflow === undefined) return { suite: undefined, diagnostics: errors, sources: all };
  const found = diagnose(checkTestNames(document, workflow));
  const suite = found.length > 0 ? undefined : { ...tests, loaded: workflow };
  return { suite, diagnostics: found, sources: all };
}
