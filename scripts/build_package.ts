// Makes the npm package in dist/package/: `npm run build:package`; `-- --outdir DIR` puts it elsewhere. `npm publish dist/package` is all that is
// left to do. The repository's own package.json describes the sources, which need no build.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildConstants, readBuildFacts } from "./build_facts.ts";
import { formatMilliseconds, ROOT } from "./command.ts";
import { emitDeclarations, LIBRARY } from "./declarations.ts";
import { readModuleGraph, withJsImports } from "./module_graph.ts";

type Manifest = Readonly<Record<string, unknown>> & {
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** The first Node that the package is tested on: below, SQLite and other parts of the platform are missing or behind a flag. */
const NODE = ">=22.23";
const COMMAND = "src/runtime/cli.ts";

const { values } = parseArgs({ options: { outdir: { type: "string", default: join(ROOT, "dist", "package") } } });
const outdir = resolve(values.outdir);
const started = performance.now();
const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const constants = buildConstants(await readBuildFacts());
const entries = Object.values(manifest.exports).map((file) => file.replace(/^\.\//, ""));
// Types are erased and nothing else is changed: lines and columns in stack traces are those of the sources.
const code = readModuleGraph([...entries, COMMAND], (file) => stripTypeScriptTypes(readSource(file)));
const types = readModuleGraph(entries, emitDeclarations(entries));
rmSync(outdir, { recursive: true, force: true });
for (const [file, text] of code.modules) {
  write(toJs(file), (file === COMMAND ? "#!/usr/bin/env node\n" : "") + withJsImports(text));
}
for (const [file, text] of types.modules) {
  write(toDeclarations(file), (entries.includes(file) ? LIBRARY : "") + withJsImports(text));
}
for (const file of ["README.md", "LICENSE", "CHANGELOG.md"]) copyFileSync(join(ROOT, file), join(outdir, file));
write("package.json", `${JSON.stringify(packageManifest(), null, 2)}\n`);
chmodSync(join(outdir, toJs(COMMAND)), 0o755);
console.log(`${relative(ROOT, outdir)} (${formatMilliseconds(performance.now() - started)})`);

function write(file: string, text: string): void {
  const path = join(outdir, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function readSource(file: string): string {
  const source = readFileSync(join(ROOT, file), "utf8");
  return file === "src/cli/build_info.ts" ? withConstants(source) : source;
}

/** Gives the constants of a build, which the sources only declare, their values. */
function withConstants(source: string): string {
  return source.replace(
    /^declare const (\w+): .*$/gm,
    (_line, name: string) => `const ${name}: string | undefined = ${JSON.stringify(constants[name])};`,
  );
}

function packageManifest(): unknown {
  const { name, version, description, license, keywords, author, type } = manifest;
  return {
    ...{ name, version, description, license, keywords, author, type },
    engines: { node: NODE },
    exports: Object.fromEntries([
      ...Object.entries(manifest.exports).map(([entry, file]) => [entry, conditions(file)]),
      ["./package.json", "./package.json"],
    ]),
    bin: { maestro: toJs(COMMAND) },
    sideEffects: [`./${toJs(COMMAND)}`],
    dependencies: Object.fromEntries(code.packages.map((dependency) => [dependency, versionOf(dependency)])),
  };
}

function conditions(file: string): unknown {
  return { types: toDeclarations(file), default: toJs(file) };
}

function versionOf(dependency: string): string {
  const version = manifest.dependencies[dependency];
  if (version !== undefined) return version;
  throw new Error(`"${dependency}" is imported, but is none of the dependencies`);
}

function toJs(file: string): string {
  return file.replace(/\.ts$/, ".js");
}

function toDeclarations(file: string): string {
  return file.replace(/\.ts$/, ".d.ts");
}
