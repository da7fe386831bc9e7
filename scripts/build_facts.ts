import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT, runCommand } from "./command.ts";

/** What a build writes into what it makes, for `maestro version`. */
export interface BuildFacts {
  readonly version: string;
  /** The commit that is built, marked where the sources differ from it; `undefined` outside a repository. */
  readonly commit: string | undefined;
}

/** Reads the version from `package.json` and asks git for the commit; outside a repository `MAESTRO_COMMIT` may name it. */
export async function readBuildFacts(): Promise<BuildFacts> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string };
  const head = await runCommand("git", ["rev-parse", "--short=12", "HEAD"]);
  if (head.code !== 0) return { version, commit: process.env["MAESTRO_COMMIT"]?.slice(0, 12) || undefined };
  const changes = await runCommand("git", ["status", "--porcelain", "--", "src", "package.json"]);
  return { version, commit: `${head.output.trim()}${changes.output.trim() === "" ? "" : "-modified"}` };
}

/**
 * Reads the time that what is made of this commit bears, in seconds since 1970: `SOURCE_DATE_EPOCH`, else the time of the commit, else 0.
 * So the same commit gives the same files, whenever they are made.
 */
export async function readSourceDate(): Promise<number> {
  const given = process.env["SOURCE_DATE_EPOCH"];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  const { code, output } = await runCommand("git", ["log", "-1", "--format=%ct"]);
  return code === 0 ? Number(output) : 0;
}

/** The facts by the names under which `src/cli/build_info.ts` knows them. */
export function buildConstants({ version, commit }: BuildFacts): Readonly<Record<string, string>> {
  return { MAESTRO_BUILD_VERSION: version, ...(commit === undefined ? {} : { MAESTRO_BUILD_COMMIT: commit }) };
}

/** The facts as arguments of `bun build`. */
export function defineArguments(facts: BuildFacts): readonly string[] {
  return Object.entries(buildConstants(facts)).flatMap(([name, value]) => [
    "--define",
    `${name}=${JSON.stringify(value)}`,
  ]);
}
