import { MaestroError } from "../base/errors.ts";
import { joinPath, toSlashes } from "../base/paths.ts";
import type { Cli } from "./cli.ts";

/** How test files are called. */
const TEST_FILE = /\.test\.ya?ml$/;

/** Folders in which nobody keeps tests of their own. */
const PASSED_OVER: ReadonlySet<string> = new Set(["node_modules", "dist", "vendor"]);

/**
 * The test files that arguments name: files as they are, and what lies in and below folders; without any, below the current folder.
 *
 * @throws {MaestroError} `usage` where there is none.
 */
export async function findTestFiles(cli: Cli, args: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of args.length === 0 ? ["."] : args) {
    const below = await testFilesBelow(cli, toSlashes(path));
    if (below === undefined) found.push(path);
    else found.push(...below);
  }
  if (found.length > 0) return [...new Set(found)];
  const where = args.length === 0 ? "below the current folder" : `in ${args.join(", ")}`;
  throw new MaestroError("usage", `There are no tests ${where}`, { hint: "test files are called NAME.test.yaml" });
}

/** `undefined` where the path is no folder. */
async function testFilesBelow({ host }: Cli, path: string): Promise<readonly string[] | undefined> {
  const entries = await host.files.list(path);
  if (entries === undefined) return undefined;
  const found: string[] = [];
  for (const { name, isFolder } of entries) {
    const place = joinPath(path === "." ? "" : path, name);
    if (!isFolder) {
      if (TEST_FILE.test(name)) found.push(place);
    } else if (!name.startsWith(".") && !PASSED_OVER.has(name)) {
      found.push(...await testFilesBelow({ host } as Cli, place) ?? []);
    }
  }
  return found;
}
