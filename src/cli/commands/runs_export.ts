import type { JsonValue } from "../../base/json.ts";
import type { Cli } from "../cli.ts";
import { learnSecrets } from "../learn_secrets.ts";
import { storedRunJson } from "../run_json.ts";
import type { StoreFlags } from "../run_routes.ts";
import { withStore } from "../store_session.ts";

/** The form of the document; a later one that is read differently counts up. */
const FORMAT = 1;

/** Prints all of a run as one JSON document. */
export function runsExport(cli: Cli, flags: StoreFlags, reference: string): Promise<number> {
  return withStore(cli, flags, async ({ store, settings, printJson }) => {
    const found = await store.find(reference);
    await learnSecrets(cli, settings, store, found);
    const { run, definition, journal, pending } = await store.export(found);
    printJson({
      format: FORMAT,
      run: { ...storedRunJson(run), output: run.output },
      definition,
      journal: journal as unknown as JsonValue,
      started: pending.started === undefined ? null : pending.started as unknown as JsonValue,
      messages: pending.messages as unknown as JsonValue,
    });
    return 0;
  });
}
