// The rules for src/ that no linter knows: documented exports, layers in inline imports, names, forms of declarations.
import { globSync, readFileSync } from "node:fs";
import { basename, join, sep } from "node:path";
import process from "node:process";
import ts from "typescript";
import { ROOT } from "./command.ts";

/** Names that say nothing about what is inside. */
const EMPTY_NAMES = new Set(["common", "constants", "helper", "helpers", "index", "misc", "types", "util", "utils"]);
/** Files that may export what others define. */
const FACADES = new Set(["maestro", "mod"]);
const RUNTIME_NAMES = new Set(["Bun", "Deno", "process", "Buffer"]);

const files = globSync(["mod.ts", "src/**/*.ts"], { cwd: ROOT }).map((file) => file.split(sep).join("/")).sort();
const problems = files.flatMap(checkFile);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function checkFile(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const complain = (at: number, message: string): void => {
    found.push(`${file}:${source.getLineAndCharacterOfPosition(at).line + 1}: ${message}`);
  };
  const name = basename(file, ".ts");
  if (EMPTY_NAMES.has(name)) complain(0, `"${name}" says nothing: name the file after the one thing inside`);
  const todo = text.search(/\b(?:TODO|FIXME)\b/);
  if (todo >= 0) complain(todo, "finish it, or write an issue");
  for (const statement of source.statements) checkStatement(statement, source, name, complain);
  const isRuntime = file.startsWith("src/runtime/");
  const visit = (node: ts.Node): void => {
    checkNode(node, isRuntime, complain);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

type Complain = (at: number, message: string) => void;

function checkStatement(statement: ts.Statement, source: ts.SourceFile, name: string, complain: Complain): void {
  const at = statement.getStart(source);
  if (ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined && !FACADES.has(name)) {
    complain(at, "only a mod.ts and maestro.ts export what others define");
  }
  if (ts.isVariableStatement(statement)) {
    for (const { initializer, name: variable, type } of statement.declarationList.declarations) {
      // A declaration cannot say which function type it implements; a constant with a type can.
      const isFunction = initializer !== undefined && type === undefined &&
        (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer));
      if (isFunction) complain(at, `"${variable.getText(source)}" is a function: declare it with "function"`);
    }
  }
  if (isExported(statement) && !sharesComment(statement, source)) {
    const problem = docProblem(statement, source);
    if (problem !== undefined) complain(at, `${exportedName(statement, source)}: ${problem}`);
  }
}

function checkNode(node: ts.Node, isRuntime: boolean, complain: Complain): void {
  if (ts.isImportTypeNode(node)) complain(node.getStart(), 'write "import type" at the top of the file');
  if (isRuntime) return;
  const isGlobal = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)
    ? node.expression.getText() === "globalThis"
    : false;
  if (!isGlobal) return;
  const member = ts.isPropertyAccessExpression(node) ? node.name.text : literalText(node);
  if (member !== undefined && RUNTIME_NAMES.has(member)) {
    complain(node.getStart(), `only src/runtime names "${member}"`);
  }
}

function literalText(node: ts.Node): string | undefined {
  if (!ts.isElementAccessExpression(node)) return undefined;
  return ts.isStringLiteralLike(node.argumentExpression) ? node.argumentExpression.text : undefined;
}

function isExported(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false;
  return ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

/** Overloads share the comment of the first, and so do constants that stand together without an empty line. */
function sharesComment(statement: ts.Statement, source: ts.SourceFile): boolean {
  const before = source.statements[source.statements.indexOf(statement) - 1];
  if (before === undefined || !isExported(before)) return false;
  if (ts.isFunctionDeclaration(statement) && ts.isFunctionDeclaration(before)) {
    return before.name?.text === statement.name?.text;
  }
  const between = source.text.slice(before.end, statement.getStart(source));
  return ts.isVariableStatement(statement) && ts.isVariableStatement(before) && /^\r?\n$/.test(between);
}

function docProblem(statement: ts.Statement, source: ts.SourceFile): string | undefined {
  const comment = ts.getJSDocCommentsAndTags(statement).find(ts.isJSDoc)?.getText(source);
  if (comment === undefined) return "an export needs a doc comment";
  const words = comment.replace(/^\/\*\*|\*\/$/g, "").replace(/^[ \t]*\*[ \t]?/gm, "").trim();
  const first = words.split(/\n\s*\n|\n(?=@)/)[0] ?? "";
  return /[.:]$|\.[)"`]?\s/.test(first) ? undefined : "the first line of a doc comment is a sentence with a period";
}

function exportedName(statement: ts.Statement, source: ts.SourceFile): string {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations[0]?.name.getText(source) ?? "";
  }
  const { name } = statement as ts.DeclarationStatement;
  return name?.getText(source) ?? "";
}
