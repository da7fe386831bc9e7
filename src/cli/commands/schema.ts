import { WORKFLOW_SCHEMA } from "../../yaml/schema.ts";
import type { Cli } from "../cli.ts";

/** Prints the JSON Schema of workflows. */
export function schema({ host }: Cli): Promise<number> {
  host.stdout.write(`${JSON.stringify(WORKFLOW_SCHEMA, null, 2)}\n`);
  return Promise.resolve(0);
}
