import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { ROOT } from "../../scripts/command.ts";
import { scriptArguments } from "../storage/script_arguments.ts";
import { type ExportedSymbol, readExportedSymbols } from "./doc_examples.ts";

/** What must have an example. Other interfaces and types are seen at work in those of what gives or takes them. */
const KINDS: ReadonlySet<string> = new Set(["class", "function", "variable"]);
const INTERFACES: readonly string[] = ["RunHandle", "Storage", "WorkflowContext"];
interface Outcome {
  readonly file: string;
  readonly printed: readonly string[];
  readonly error?: string;
}

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, string>>;
};
const folder = mkdtempSync(join(tmpdir(), "maestro-examples-"));
const programs = new Map<string, string>();
let symbols: readonly ExportedSymbol[] = [];

before(() => {
  symbols = Object.values(manifest.exports).flatMap((entry) => readExportedSymbols([entry]));
  for (const { name, examples } of symbols) {
    for (const [index, text] of examples.entries()) {
      programs.set(`${basename(name, ".ts")}_${programs.size}_${index}.ts`, text);
    }
  }
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules", "maestro"), "junction");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  for (const [file, text] of programs) writeFileSync(join(folder, file), text);
});

after(() => rmSync(folder, { recursive: true, force: true }));

describe("the examples in doc comments", () => {
  it("are there for every function, class and value that is exported", () => {
    const bare = symbols.filter(({ name, kind, examples }) =>
      examples.length === 0 && (KINDS.has(kind) || INTERFACES.includes(name))
    );
    assert.deepEqual(bare.map(({ name }) => name), []);
    const missing = INTERFACES.filter((name) => !symbols.some((symbol) => symbol.name === name));
    assert.deepEqual(missing, []);
  });

  const skip = process.versions["bun"] === undefined ? "the compiler says the same whatever runs the test" : false;

  it("compile", { skip, timeout: 120_000 }, () => {
    const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    const settings = {
      ...options,
      isolatedDeclarations: false,
      declaration: false,
      noUnusedLocals: false,
      typeRoots: [join(ROOT, "node_modules/@types")],
    };
    const files = [...programs.keys()].map((file) => join(folder, file));
    const program = ts.createProgram(files, settings);
    const faults = files.flatMap((file) => {
      const source = program.getSourceFile(file);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    });
    assert.equal(
      ts.formatDiagnostics(faults, {
        getCanonicalFileName: (file) => file,
        getCurrentDirectory: () => folder,
        getNewLine: () => "\n",
      }),
      "",
    );
  });

  it("run, and print what they say", { timeout: 120_000 }, async () => {
    const outcomes = await runAll();
    assert.deepEqual(outcomes.map(({ file }) => file), [...programs.keys()].sort());
    const faults = outcomes.flatMap(({ file, printed, error }) => {
      const text = programs.get(file) ?? "";
      const promised = [...text.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
      return error !== undefined || promised.some((line) => !printed.includes(line ?? ""))
        ? [{ file, error, promised, printed }]
        : [];
    });
    assert.deepEqual(faults, []);
  });
});

function runAll(): Promise<Outcome[]> {
  const script = fileURLToPath(new URL("run_examples.ts", import.meta.url));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [...scriptArguments(), script, folder], { env, timeout: 100_000 });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  return new Promise((resolve, reject) => {
    child.on("close", (code) => {
      if (code === 0) resolve(stdout.trim().split("\n").map((line) => JSON.parse(line) as Outcome));
      else reject(new Error(stderr));
    });
  });
}
