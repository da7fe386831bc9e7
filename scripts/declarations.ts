import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { ROOT } from "./command.ts";
import { readModuleGraph } from "./module_graph.ts";

/** Stands above the declarations of each entry: they name what compilers know only when they are told to. */
export const LIBRARY = '/// <reference lib="esnext.disposable" />\n';

/**
 * Makes the declarations of all modules that the entries import, and gives what tells them by path. Types are not checked: the gate does.
 */
export function emitDeclarations(entries: readonly string[]): (file: string) => string {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const settings = { ...options, noEmit: false, noCheck: true, emitDeclarationOnly: true, rootDir: ROOT };
  const program = ts.createProgram(entries.map((file) => join(ROOT, file)), settings);
  const texts = new Map<string, string>();
  program.emit(undefined, (_path, text, _mark, _onError, [source] = []) => {
    if (source !== undefined) texts.set(relative(ROOT, source.fileName).replaceAll("\\", "/"), text);
  });
  return (file) => {
    const text = texts.get(file);
    if (text === undefined) throw new Error(`The compiler gave no declarations of ${file}`);
    return text;
  };
}

/** The declarations of an entry in one file that imports nothing: each module is a namespace in it, and an import an alias. */
export function bundleDeclarations(entry: string): string {
  const { modules } = readModuleGraph([entry], emitDeclarations([entry]));
  const inner = [...modules].filter(([file]) => file !== entry).map(([file, text]) =>
    `declare namespace ${namespaceOf(file)} {\n${withAliases(file, text)}}\n`
  );
  // Without the last line the namespaces would be exported too.
  return `${LIBRARY}${inner.join("")}${withAliases(entry, modules.get(entry) ?? "")}export {};\n`;
}

/** Writes imports and exports of other modules as aliases of what is in their namespaces. */
function withAliases(file: string, text: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const passedOn = new Set(source.statements.flatMap(namesPassedOn));
  let result = "";
  let end = 0;
  const replace = (node: ts.Node, by: string): void => {
    result += text.slice(end, node.getStart(source)) + by;
    end = node.end;
  };
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement)) replace(statement, aliases(file, statement, () => true));
    else if (ts.isImportDeclaration(statement)) {
      replace(statement, aliases(file, statement, (name) => passedOn.has(name)));
    } else if (ts.canHaveModifiers(statement)) {
      const declare = ts.getModifiers(statement)?.find(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
      if (declare !== undefined) replace(declare, "");
    }
  }
  return result + text.slice(end);
}

/** What a module imports and then exports. */
function namesPassedOn(statement: ts.Statement): string[] {
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier !== undefined) return [];
  return elementsOf(statement).map(({ name }) => name.text);
}

type Import = ts.ExportDeclaration | ts.ImportDeclaration;

function elementsOf(statement: Import): readonly (ts.ExportSpecifier | ts.ImportSpecifier)[] {
  const clause = ts.isExportDeclaration(statement) ? statement.exportClause : statement.importClause?.namedBindings;
  return clause === undefined || !("elements" in clause) ? [] : [...clause.elements];
}

function aliases(file: string, statement: Import, isExported: (name: string) => boolean): string {
  const { moduleSpecifier } = statement;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return "";
  return elementsOf(statement).map(({ name: { text: name }, propertyName }) => {
    // What comes from packages is behind functions that are not exported: nobody outside can tell.
    if (!moduleSpecifier.text.startsWith(".")) return `type ${name} = unknown;\n`;
    const space = namespaceOf(join(dirname(file), moduleSpecifier.text));
    return `${isExported(name) ? "export " : ""}import ${name} = ${space}.${propertyName?.text ?? name};\n`;
  }).join("");
}

function namespaceOf(file: string): string {
  return file.replace(/\.ts$/, "").replaceAll(/\W/g, "_");
}
