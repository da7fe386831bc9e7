import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./command.ts";

/** One check of the gate. It passes when its command ends with 0. */
export interface Stage {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** Folders with TypeScript; what else Deno formats is found by itself. */
const CODE = ["mod.ts", "src", "tests", "scripts", "examples"].filter((path) => existsSync(join(ROOT, path)));

/** The modules that the package exports. */
const ENTRIES: readonly string[] = Object.values(
  (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly exports: Record<string, string> })
    .exports,
);

/** What `npm run ok` checks before it runs the tests. */
export const STAGES: readonly Stage[] = [
  { name: "types (tsc)", command: ["tsc", "--noEmit", "--incremental", "--tsBuildInfoFile", ".cache/tsc.json"] },
  { name: "types (deno)", command: ["deno", "check", "--quiet", ...CODE] },
  { name: "format", command: ["deno", "fmt", "--check"] },
  { name: "lint (deno)", command: ["deno", "lint", "--quiet"] },
  { name: "lint (biome)", command: ["biome", "lint", "--error-on-warnings", "--max-diagnostics=200"] },
  { name: "dead code", command: ["knip", "--no-progress"] },
  { name: "doc lint", command: ["deno", "doc", "--lint", ...ENTRIES] },
  // Refuses what the registry would, slow types above all; the stages before have checked the types. Needs no network.
  { name: "jsr package", command: ["deno", "publish", "--dry-run", "--allow-dirty", "--no-check"] },
  { name: "source rules", command: ["node", "scripts/check_source.ts"] },
  { name: "lock file", command: ["node", "scripts/check_lock.ts"] },
];
