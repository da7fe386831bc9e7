// Makes the files that programs import or run from a URL: `npm run build:bundle`; `-- --outdir DIR` puts them elsewhere than into dist/.
// maestro.js is the library, maestro_cli.js the command line. Each holds everything that it needs: a module that comes from a URL sees
// neither an import map nor node_modules.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import ts from "typescript";
import { defineArguments, readBuildFacts } from "./build_facts.ts";
import { formatMilliseconds, ROOT, runCommand } from "./command.ts";

/** What each file is made of. */
const BUNDLES: Readonly<Record<string, string>> = { "maestro.js": "mod.ts", "maestro_cli.js": "src/runtime/cli.ts" };

const LIMIT_MS = 60_000;
/** How Bun gives packages in CommonJS the parts of the platform. It needs a file's name, and a module from a URL has none. */
const REQUIRE = /\bcreateRequire\w*\(import\.meta\.url\)/g;

const { values } = parseArgs({ options: { outdir: { type: "string", default: join(ROOT, "dist") } } });
const outdir = resolve(values.outdir);
mkdirSync(outdir, { recursive: true });
const facts = await readBuildFacts();
for (const [file, entry] of Object.entries(BUNDLES)) {
  const path = join(outdir, file);
  const { code, output, milliseconds } = await runCommand("bun", [
    ...["build", "--target=node", "--format=esm", "--minify-syntax", "--minify-whitespace"],
    ...defineArguments(facts),
    ...[`--outfile=${path}`, entry],
  ], { timeoutMs: LIMIT_MS });
  const problem = code === 0 ? finish(path) : output.trimEnd();
  if (problem === undefined) console.log(`${relative(ROOT, path)} (${formatMilliseconds(milliseconds)})`);
  else {
    console.error(`${relative(ROOT, path)} could not be built: ${problem}`);
    process.exitCode = 1;
  }
}

/** Makes a bundle independent of where it comes from. Gives what is wrong with it, or `undefined`. */
function finish(path: string): string | undefined {
  const text = readFileSync(path, "utf8");
  if (text.match(REQUIRE)?.length !== 1) return "Bun has changed how it gives packages the parts of the platform";
  const result = text.replace(REQUIRE, "globalThis.process.getBuiltinModule");
  const others = importsOf(result).filter((name) => !name.startsWith("node:"));
  if (others.length > 0) return `it imports ${others.join(", ")}`;
  writeFileSync(path, result);
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
