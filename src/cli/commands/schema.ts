import { MaestroError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { TEST_SCHEMA } from "../../testing/test_schema.ts";
import { WORKFLOW_SCHEMA } from "../../yaml/schema.ts";
import type { Cli } from "../cli.ts";

const SCHEMAS = { workflow: WORKFLOW_SCHEMA, test: TEST_SCHEMA } as const;

/** Prints the JSON Schema of a kind of document. */
export function schema({ host }: Cli, _flags: Record<never, never>, kind = "workflow"): Promise<number> {
  const known = kind === "workflow" || kind === "test" ? SCHEMAS[kind] : undefined;
  if (known === undefined) {
    const hint = didYouMean(kind, Object.keys(SCHEMAS)) ?? `there are: ${Object.keys(SCHEMAS).join(", ")}`;
    return Promise.reject(new MaestroError("usage", `There is no schema of "${kind}"`, { hint }));
  }
  host.stdout.write(`${JSON.stringify(known, null, 2)}\n`);
  return Promise.resolve(0);
}
