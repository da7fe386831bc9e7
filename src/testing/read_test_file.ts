import type { Diagnostic, Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { sortDiagnostics } from "../yaml/diagnostics.ts";
import { parseDocument } from "../yaml/document.ts";
import { Fields } from "../yaml/fields.ts";
import { checkStructure } from "../yaml/structure.ts";
import { readExpectation } from "./read_expectation.ts";
import { checkMocks, readMocks } from "./read_mocks.ts";
import type { ReadTestFile, TestCase, TestFile } from "./test_file.ts";
import { TEST_SCHEMA } from "./test_schema.ts";

/** Reads a file of test cases. Never throws: every problem of the document is among the diagnostics. */
export function readTestFile(file: string, text: string): ReadTestFile {
  const document = parseDocument(file, text);
  const { source } = document;
  const diagnose = (issues: readonly Issue[]): readonly Diagnostic[] =>
    sortDiagnostics(
      issues.filter(({ path }) => !document.isBroken(path))
        .map((issue) => source.diagnostic(document.locate(issue), issue)),
    );
  const problems = document.problems.map((one) => one.code === "empty_document" ? { ...one, hint: LEAST } : one);
  if (!isJsonObject(document.value)) {
    const found = problems.length > 0 ? sortDiagnostics(problems) : diagnose([notAMap()]);
    return { tests: undefined, diagnostics: found, document: undefined, diagnose };
  }
  const issues = [
    ...checkStructure(document.value, { schema: TEST_SCHEMA, owner: "The test file" }),
    ...checkCases(new Fields(document.value, [])),
  ];
  const diagnostics = sortDiagnostics([...problems, ...diagnose(issues)]);
  const tests = diagnostics.length > 0 ? undefined : compileTests(file, document.value);
  return { tests, diagnostics, document: document.value, diagnose };
}

const LEAST = 'a test file has at least "workflow" and "cases"';

function notAMap(): Issue {
  return { severity: "error", code: "wrong_type", message: "A test file is a map", hint: LEAST, path: [] };
}

/** What the schema cannot say: that names are unique, and which parts of a mock go together. */
function checkCases(fields: Fields): readonly Issue[] {
  const issues = [...checkMocks(fields.fields("mocks"))];
  const seen = new Set<string>();
  for (const [index, one] of (fields.list("cases") ?? []).entries()) {
    const path = ["cases", index];
    const own = new Fields(one, path);
    const name = own.text("name");
    if (name !== undefined && seen.has(name)) {
      issues.push({
        severity: "error",
        code: "duplicate_case",
        message: `There are two cases called "${name}"`,
        hint: "each case has a name of its own",
        path: [...path, "name"],
      });
    }
    seen.add(name ?? "");
    issues.push(...checkMocks(own.fields("mocks")));
  }
  return issues;
}

function compileTests(file: string, document: JsonObject): TestFile {
  const fields = new Fields(document, []);
  const cases = (fields.list("cases") ?? []).map((one) => compileCase(fields, new Fields(one, [])));
  return { file, workflow: fields.text("workflow")!, cases };
}

function compileCase(file: Fields, own: Fields): TestCase {
  const defaults = file.fields("defaults");
  const texts = (key: string): Readonly<Record<string, string>> =>
    ({ ...file.fields(key).map, ...own.fields(key).map }) as Record<string, string>;
  const seed = own.value("seed") ?? defaults.value("seed");
  return {
    name: own.text("name")!,
    input: { ...defaults.fields("input").map, ...own.fields("input").map },
    id: own.text("id"),
    startAt: own.text("start_at") ?? defaults.text("start_at"),
    seed: seed === undefined ? undefined : String(seed),
    mocks: { ...readMocks(file.fields("mocks")), ...readMocks(own.fields("mocks")) },
    env: texts("env"),
    secrets: texts("secrets"),
    signals: (own.list("signals") ?? []).map((signal) => {
      const sent = new Fields(signal, []);
      return { at: sent.text("at")!, name: sent.text("name")!, data: sent.value("data") ?? null };
    }),
    cancelAt: own.text("cancel_at"),
    expect: readExpectation(own.fields("expect")),
  };
}
