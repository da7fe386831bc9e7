// Fails when package-lock.json would not install on every platform, or was written for one registry.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./command.ts";

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
  readFileSync(join(ROOT, "package-lock.json"), "utf8"),
);
const manifest: Readonly<Record<"dependencies" | "devDependencies", Readonly<Record<string, string>>>> = JSON.parse(
  readFileSync(join(ROOT, "package.json"), "utf8"),
);
const problems = [...inexactVersions(), ...missingPlatforms(), ...unsoundEntries()];
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error('Write the lock file anew: "rm -r node_modules package-lock.json && npm install"');
  process.exitCode = 1;
}

/** npm drops the packages of other platforms from the lock file when it writes it beside an old node_modules. */
function missingPlatforms(): string[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !isLocked(path, name))
      .map((name) => `package-lock.json: "${name}", which ${path} needs on some platform, is missing`)
  );
}

/** Looks where Node would: in the package's own node_modules, then in those of the folders above. */
function isLocked(path: string, name: string): boolean {
  for (let folder = path;; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    if (`${folder}/node_modules/${name}` in lock.packages) return true;
    if (!folder.includes("/node_modules/")) return `node_modules/${name}` in lock.packages;
  }
}

function unsoundEntries(): string[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) => {
    if (path === "") return [];
    if (entry.integrity === undefined) return [`package-lock.json: ${path} has no integrity`];
    if (entry.resolved?.startsWith("https://registry.npmjs.org/") === false) {
      return [`package-lock.json: ${path} comes from "${entry.resolved}"`];
    }
    return [];
  });
}

function inexactVersions(): string[] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    .map(([name, version]) => `package.json: "${name}" is "${version}": give the exact version`);
}
