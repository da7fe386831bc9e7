import { dirname, join } from "node:path";
import ts from "typescript";

/** What entries import, directly or not. */
export interface ModuleGraph {
  /** The texts of the modules, by path. */
  readonly modules: ReadonlyMap<string, string>;
  /** Names of packages that they import. */
  readonly packages: readonly string[];
}

/** Follows every import of the entries; `read` gives the text of a module by its path. */
export function readModuleGraph(entries: readonly string[], read: (file: string) => string): ModuleGraph {
  const files = new Set(entries);
  const modules = new Map<string, string>();
  const packages = new Set<string>();
  for (const file of files) {
    const text = read(file);
    modules.set(file, text);
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (fileName.startsWith(".")) files.add(join(dirname(file), fileName));
      else if (!fileName.startsWith("node:")) packages.add(packageOf(fileName));
    }
  }
  return { modules, packages: [...packages].sort() };
}

/** Lets relative imports name the JavaScript that a module becomes. */
export function withJsImports(text: string): string {
  let result = text;
  for (const { fileName, pos } of ts.preProcessFile(text).importedFiles.toReversed()) {
    const end = pos + 1 + fileName.length;
    if (fileName.startsWith(".")) result = `${result.slice(0, end - ".ts".length)}.js${result.slice(end)}`;
  }
  return result;
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
