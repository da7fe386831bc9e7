import process from "node:process";
import { drain } from "./drain.ts";
import { readBytes } from "./files.ts";
import type { Runtime, RuntimeName } from "./runtime.ts";

/**
 * The runtime that this program runs on; `name` is that of another one where its ways are wanted.
 *
 * What calls need is loaded now; nothing is opened before it is used.
 *
 * @example
 * ```ts
 * import { createRuntime } from "maestro";
 *
 * const runtime = await createRuntime();
 * console.log(`runs on ${runtime.name}`);
 * ```
 */
export async function createRuntime(name: RuntimeName = runtimeName()): Promise<Runtime> {
  const fetch = name === "bun"
    ? (await import("./fetch_bun.ts")).createBunFetch
    : (await import("./fetch_client.ts")).createFetch;
  return { name, fetch, drain, readFile: readBytes };
}

/** Tells on which runtime this program runs. */
export function runtimeName(): RuntimeName {
  const { versions } = process;
  return versions["bun"] !== undefined ? "bun" : versions["deno"] !== undefined ? "deno" : "node";
}
