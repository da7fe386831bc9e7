import { explainRun } from "../../explain_run.ts";
import type { Cli } from "../cli.ts";
import { learnSecrets } from "../learn_secrets.ts";
import { runDetailsJson } from "../run_json.ts";
import type { StoreFlags } from "../run_routes.ts";
import { withStore } from "../store_session.ts";
import { drawRun } from "../view/run_page.ts";

/** Shows all that is known of a run. */
export function runsShow(cli: Cli, flags: StoreFlags, reference: string): Promise<number> {
  return withStore(cli, flags, async ({ store, settings, style, columns, command, print, printJson }) => {
    const run = await store.find(reference);
    await learnSecrets(cli, settings, store, run);
    const details = await store.details(run);
    if (settings.output === "json") printJson(runDetailsJson(details));
    else {
      const now = Date.now();
      print(drawRun(details, { style, columns, now, explanation: explainRun(details, { now }), command }));
    }
    return 0;
  });
}
