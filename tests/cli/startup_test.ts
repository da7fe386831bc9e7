import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const IMPORT = /^(?:import|export)\s(?!type\s)[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"/gm;

/** Every module that is loaded with a module, because it is imported by name and not by a call. */
function loadedWith(file: URL, seen = new Map<string, URL>()): ReadonlyMap<string, URL> {
  for (const [, from, bare] of readFileSync(file, "utf8").matchAll(IMPORT)) {
    const name = (from ?? bare)!;
    const url = new URL(name, file);
    const key = name.startsWith(".") ? url.pathname.replace(/^.*\/src\//, "src/") : name;
    if (seen.has(key)) continue;
    seen.set(key, url);
    if (name.startsWith(".")) loadedWith(url, seen);
  }
  return seen;
}

describe("starting", () => {
  it("loads the parser of the command line and nothing that only some commands need", () => {
    const names = [...loadedWith(new URL("../../src/runtime/bun.ts", import.meta.url)).keys()];
    assert.ok(names.includes("src/cli/routes.ts"));
    assert.deepEqual(names.filter((name) => !name.startsWith("src/") && !name.startsWith("node:")), ["@stricli/core"]);
    assert.deepEqual(names.filter((name) => name.startsWith("node:")).sort(), [
      ...["node:fs", "node:fs/promises", "node:path", "node:process"],
    ]);
    for (const folder of ["commands", "progress"]) {
      assert.deepEqual(names.filter((name) => name.startsWith(`src/cli/${folder}/`)), []);
    }
    assert.ok(!names.includes("src/maestro.ts"));
  });

  it("loads gRPC, HTTP, logs and layout only where they are used", () => {
    const names = [...loadedWith(new URL("../../src/cli/commands/execute.ts", import.meta.url)).keys()];
    for (const name of ["@grpc/grpc-js", "@bufbuild/protobuf", "pino", "@dagrejs/dagre", "re2js", "node:http"]) {
      assert.ok(!names.includes(name), name);
    }
  });

  it("loads the store's file only where runs are kept or looked for", () => {
    for (const command of ["execute", "runs_list", "runs_resume", "why", "validate", "version", "doctor"]) {
      const names = [...loadedWith(new URL(`../../src/cli/commands/${command}.ts`, import.meta.url)).keys()];
      assert.deepEqual(names.filter((name) => name.startsWith("src/storage/sql") || name === "node:sqlite"), []);
    }
    const looks = [...loadedWith(new URL("../../src/cli/commands/runs_list.ts", import.meta.url)).keys()];
    for (const name of ["src/maestro.ts", "src/yaml/compile.ts", "src/storage/open_storage.ts"]) {
      assert.ok(!looks.includes(name), name);
    }
    assert.ok(!looks.some((name) => name.startsWith("src/expr/")));
  });
});
