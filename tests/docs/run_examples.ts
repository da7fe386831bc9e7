// Runs the programs in a folder, one after the other in this process, and prints one line of JSON for each: what it printed, and its error.
import { readdirSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const folder = process.argv[2] ?? "";
const { log } = console;
for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts")).sort()) {
  const printed: string[] = [];
  console.log = (...values: readonly unknown[]) => void printed.push(format(...values));
  let error: string | undefined;
  try {
    await import(pathToFileURL(`${folder}/${file}`).href);
  } catch (thrown) {
    error = String(thrown);
  }
  log(JSON.stringify({ file, printed, error }));
}
