// Makes the files that programs import or run from a URL: `npm run build:bundle`; `-- --outdir DIR` puts them elsewhere than into dist/,
// `--no-types` leaves the types out. maestro.js is the library, maestro.d.ts its types, maestro_cli.js the command line. Each holds all
// that it needs: a module that comes from a URL sees neither an import map nor node_modules.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import ts from "typescript";
import { defineArguments, readBuildFacts } from "./build_facts.ts";
import { bundleDeclarations } from "./declarations.ts";
import { formatMilliseconds, ROOT, runCommand } from "./command.ts";

const LIBRARY = { file: "maestro.js", entry: "mod.ts", types: "maestro.d.ts" };
const COMMAND_LINE = { file: "maestro_cli.js", entry: "src/runtime/cli.ts", types: undefined };

const LIMIT_MS = 60_000;
/** How Bun gives packages in CommonJS the parts of the platform. It needs a file's name, and a module from a URL has none. */
const REQUIRE = /\bcreateRequire\w*\(import\.meta\.url\)/g;

const { values } = parseArgs({
  options: {
    outdir: { type: "string", default: join(ROOT, "dist") },
    types: { type: "boolean", default: true },
  },
  allowNegative: true,
});
const outdir = resolve(values.outdir);
mkdirSync(outdir, { recursive: true });
const facts = await readBuildFacts();
for (const { file, entry, types } of [LIBRARY, COMMAND_LINE]) {
  const path = join(outdir, file);
  const { code, output, milliseconds } = await runCommand("bun", [
    ...["build", "--target=node", "--format=esm", "--minify-syntax", "--minify-whitespace"],
    ...defineArguments(facts),
    ...[`--outfile=${path}`, entry],
  ], { timeoutMs: LIMIT_MS });
  const problem = code === 0 ? finish(path, types) : output.trimEnd();
  if (problem === undefined) console.log(`${relative(ROOT, path)} (${formatMilliseconds(milliseconds)})`);
  else {
    console.error(`${relative(ROOT, path)} could not be built: ${problem}`);
    process.exitCode = 1;
  }
}
if (values.types) {
  writeFileSync(join(outdir, LIBRARY.types), bundleDeclarations(LIBRARY.entry));
  console.log(relative(ROOT, join(outdir, LIBRARY.types)));
}

/** Makes a bundle independent of where it comes from. Gives what is wrong with it, or `undefined`. `types`: where Deno finds its types. */
function finish(path: string, types: string | undefined): string | undefined {
  const text = readFileSync(path, "utf8");
  if (text.match(REQUIRE)?.length !== 1) return "Bun has changed how it gives packages the parts of the platform";
  const result = text.replace(REQUIRE, "globalThis.process.getBuiltinModule");
  const others = importsOf(result).filter((name) => !name.startsWith("node:"));
  if (others.length > 0) return `it imports ${others.join(", ")}`;
  writeFileSync(path, types === undefined ? result : `// @ts-self-types="./${types}"\n${result}`);
  return undefined;
}

/** The names of everything that a module imports, at once or later. */
function importsOf(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
      ? node.arguments[0]
      : undefined;
    if (name !== undefined) found.push(ts.isStringLiteral(name) ? name.text : name.getText());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("bundle.js", text, ts.ScriptTarget.Latest, true));
  return found;
}
