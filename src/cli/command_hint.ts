import { printable } from "./printable.ts";
import type { Settings } from "./settings.ts";

/** Writes a command as a person types it: with the flags that name the store, and words quoted that a shell would take apart. */
export function helpfulCommand({ storeFlags }: Pick<Settings, "storeFlags">, args: readonly string[]): string {
  return ["maestro", ...args, ...storeFlags].map((word) => quote(printable(word))).join(" ");
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
