import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CommandResult, ROOT, runCommand } from "../../scripts/command.ts";
import { STAGES } from "../../scripts/stages.ts";

/** Faults by file, each with what the gate must say about it. */
const LINT_FAULTS: readonly (readonly [file: string, text: string, rule: string])[] = [
  ["src/base/upward.ts", 'import { run } from "../engine/run.ts";\nrun();\n', "noRestrictedImports"],
  ["src/base/package.ts", 'import { parse } from "yaml";\nparse("");\n', "noRestrictedImports"],
  [
    "src/engine/upward.ts",
    'import type { Plan } from "../plan/plan.ts";\nexport type P = Plan;\n',
    "noRestrictedImports",
  ],
  ["src/engine/package.ts", 'import "cockatiel";\n', "noRestrictedImports"],
  ["src/expr/sideways.ts", 'export * from "../engine/run.ts";\n', "noRestrictedImports"],
  ["src/plan/upward.ts", 'await import("../yaml/load.ts");\n', "noRestrictedImports"],
  ["src/plan/graph/upward.ts", 'import "../../yaml/load.ts";\n', "noRestrictedImports"],
  ["src/yaml/sideways.ts", 'import "../services/grpc/adapter.ts";\n', "noRestrictedImports"],
  ["src/yaml/kernel.ts", 'import "../engine/run.ts";\n', "noRestrictedImports"],
  ["src/dag/sideways.ts", 'import "../yaml/schema.ts";\n', "noRestrictedImports"],
  ["src/middleware/sideways.ts", 'import "../plan/plan.ts";\n', "noRestrictedImports"],
  ["src/services/grpc/kernel.ts", 'import "../../engine/execution.ts";\n', "noRestrictedImports"],
  ["src/services/http/sideways.ts", 'import "../../storage/memory_storage.ts";\n', "noRestrictedImports"],
  ["src/storage/upward.ts", 'import "../plan/plan.ts";\n', "noRestrictedImports"],
  ["src/testing/storage_contract/runtime.ts", 'import "../../runtime/drain.ts";\n', "noRestrictedImports"],
  ["src/testing/sideways.ts", 'import "../services/http/status.ts";\n', "noRestrictedImports"],
  ["src/draw.ts", 'import "./testing/tester.ts";\n', "noRestrictedImports"],
  ["src/telemetry/upward.ts", 'import "../cli/main.ts";\n', "noRestrictedImports"],
  ["src/cli/commands/inward.ts", 'import "../../engine/execution.ts";\n', "noRestrictedImports"],
  ["src/runtime/upward.ts", 'import "../cli/main.ts";\n', "noRestrictedImports"],
  ["src/maestro.ts", 'import "./cli/main.ts";\n', "noRestrictedImports"],
  ["src/load_workflow.ts", 'import "./runtime/node.ts";\n', "noRestrictedImports"],
  ["src/unheard_of/folder.ts", 'import "../base/text.ts";\n', "noRestrictedImports"],
  ["src/services/grpc/deep/folder.ts", 'import "../../../base/text.ts";\n', "noRestrictedImports"],
  ["src/engine/node.ts", 'import "node:fs";\n', "noNodejsModules"],
  ["src/services/bare.ts", 'import "fs";\n', "noNodejsModules"],
  ["src/storage/bun.ts", 'import "bun:sqlite";\n', "noBunModules"],
  ["src/cli/process.ts", "export const args: unknown = process.argv;\n", "noRestrictedGlobals"],
  ["src/services/deno.ts", "export const pid: unknown = Deno.pid;\n", "noRestrictedGlobals"],
  ["src/services/buffer.ts", "export const bytes: unknown = Buffer.alloc(1);\n", "noRestrictedGlobals"],
  ["src/base/cycle_a.ts", 'import { b } from "./cycle_b.ts";\nexport const a: number = b;\n', "noImportCycles"],
  ["src/base/cycle_b.ts", 'import { a } from "./cycle_a.ts";\nexport const b: number = a;\n', "noImportCycles"],
  ["src/base/long_file.ts", "export {};\n".repeat(401), "noExcessiveLinesPerFile"],
  ["src/base/long_function.ts", `function long() {\n${"  long();\n".repeat(71)}}\n`, "noExcessiveLinesPerFunction"],
  ["src/base/nested.ts", nested(8), "noExcessiveCognitiveComplexity"],
  ["src/base/camelCase.ts", "export {};\n", "useFilenamingConvention"],
  ["src/base/default_export.ts", "export default 1;\n", "noDefaultExport"],
  ["src/base/floating.ts", "async function work() {}\nwork();\n", "noFloatingPromises"],
  ["src/cli/console.ts", 'console.log("");\n', "noConsole"],
  ["tests/focused_test.ts", 'import { it } from "node:test";\nit.only("is alone", () => {});\n', "noFocusedTests"],
];

const SOURCE_FAULTS: readonly (readonly [file: string, text: string, message: string])[] = [
  ["src/base/undocumented.ts", "export const a: number = 1;\n", "an export needs a doc comment"],
  ["src/base/fragment.ts", "/** a fragment */\nexport const a: number = 1;\n", "is a sentence with a period"],
  ["src/base/arrow.ts", "const f = () => 1;\nf();\n", 'declare it with "function"'],
  ["src/base/barrel.ts", 'export { a } from "./arrow.ts";\n', "only a mod.ts"],
  ["src/base/utils.ts", "export {};\n", '"utils" says nothing'],
  ["src/base/unfinished.ts", `// ${"TO"}DO: later\nexport {};\n`, "finish it"],
  ["src/base/inline_type.ts", 'type T = import("./arrow.ts").T;\nexport type {};\n', 'write "import type"'],
  ["src/engine/hidden.ts", "const p = globalThis.process;\np;\n", 'only src/runtime names "process"'],
  ["src/engine/hidden_key.ts", 'const p = globalThis["Deno"];\np;\n', 'only src/runtime names "Deno"'],
];

/** What must pass. */
const SOUND: readonly (readonly [file: string, text: string])[] = [
  ["src/engine/sound.ts", 'import { toError } from "../base/errors.ts";\ntoError(1);\n'],
  ["src/plan/graph/sound.ts", 'import type { Plan } from "../plan.ts";\n/** One. */\nexport type P = Plan;\n'],
  ["src/plan/sound.ts", 'import type { Run } from "../engine/run.ts";\n/** One. */\nexport type R = Run;\n'],
  ["src/services/grpc/sound.ts", 'import "../../engine/service.ts";\nimport "../resilience/breaker.ts";\n'],
  ["src/testing/sound.ts", 'import "../maestro.ts";\nimport "../yaml/document.ts";\nimport "../runtime/later.ts";\n'],
  ["src/testing/storage_contract/sound.ts", 'import "../../engine/storage.ts";\nimport "../../base/text.ts";\n'],
  ["src/runtime/sound.ts", 'import "node:fs";\nglobalThis.process.exit(Deno.pid + Bun.version);\n'],
  ["src/cli/commands/sound.ts", 'import { a } from "../../maestro.ts";\nimport { b } from "../cli.ts";\na(b);\n'],
  ["src/runtime/node.ts", 'import { main } from "../cli/main.ts";\nmain();\n'],
  ["src/base/overloads.ts", "/** One. */\nexport function f(a: 1): 1;\nexport function f(a: 2): 2;\n"],
  ["src/base/constants_together.ts", "/** Both. */\nexport const A = 1;\nexport const B = 2;\n"],
];

function nested(depth: number): string {
  const open = Array.from({ length: depth }, () => "if (a) {").join(" ");
  return `function nest(a: boolean) { ${open} nest(a); ${"}".repeat(depth)} }\nnest(true);\n`;
}

describe("the gate", () => {
  let folder = "";
  let lint: CommandResult;
  let source: CommandResult;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "maestro-gate-"));
    for (const path of ["biome.json", "deno.json", "package.json", "scripts"]) {
      cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
    for (const [file, text] of [...LINT_FAULTS, ...SOURCE_FAULTS, ...SOUND]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    lint = await runStage("lint (biome)", "--reporter=github");
    source = await runStage("source rules");
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [file, , rule] of LINT_FAULTS) {
    it(`catches ${rule} in ${file}`, () => {
      assert.notEqual(lint.code, 0);
      const lines = lint.output.split("\n").filter((line) => line.includes(file));
      assert.ok(lines.some((line) => line.includes(`/${rule},`)), `${rule} is not among:\n${lines.join("\n")}`);
    });
  }

  for (const [file, , message] of SOURCE_FAULTS) {
    it(`says ${message} of ${file}`, () => {
      assert.notEqual(source.code, 0);
      const lines = source.output.split("\n").filter((line) => line.startsWith(`${file}:`));
      assert.ok(lines.some((line) => line.includes(message)), `not among:\n${lines.join("\n")}`);
    });
  }

  for (const [file] of SOUND) {
    it(`lets ${file} pass`, () => {
      const complaints = [...lint.output.split("\n"), ...source.output.split("\n")].filter((line) =>
        line.includes(file)
      );
      assert.deepEqual(complaints, []);
    });
  }

  function runStage(name: string, ...more: string[]): Promise<CommandResult> {
    const stage = STAGES.find((candidate) => candidate.name === name);
    assert.ok(stage !== undefined, `no stage "${name}"`);
    const [command, ...args] = stage.command;
    return runCommand(command, [...args, ...more], { cwd: folder, timeoutMs: 60_000 });
  }
});
