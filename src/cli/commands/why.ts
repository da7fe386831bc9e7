import { explainRun, type Explanation } from "../../explain_run.ts";
import type { RunDetails } from "../../run_details.ts";
import type { RunStore } from "../../run_store.ts";
import type { Cli } from "../cli.ts";
import { learnSecrets } from "../learn_secrets.ts";
import type { StoreFlags } from "../run_routes.ts";
import { withStore } from "../store_session.ts";
import { drawExplanation } from "../view/explanation_text.ts";

/** Children that are looked into: a wide run has thousands. */
const MOST_CHILDREN = 5;

/** How many generations of children are looked into. */
const DEEPEST = 3;

/** Says in words why a run waits, is slow or failed, what would wake it, and which command helps. */
export function why(cli: Cli, flags: StoreFlags, reference: string): Promise<number> {
  return withStore(cli, flags, async ({ store, settings, style, command, print, printJson }) => {
    const run = await store.find(reference);
    await learnSecrets(cli, settings, store, run);
    const explanation = await explain(store, await store.details(run), Date.now(), DEEPEST);
    if (settings.output === "json") {
      const { summary, reasons, wakes, commands } = explanation;
      const advice = commands.map(({ args, effect }) => ({ command: command(args), effect }));
      printJson({
        run_id: run.id,
        workflow: run.workflow,
        status: run.status,
        summary,
        reasons,
        wakes,
        commands: advice,
      });
    } else print(drawExplanation(run, explanation, { style, command }));
    return 0;
  });
}

/** A run that waits for children waits for what they wait for. */
async function explain(store: RunStore, details: RunDetails, now: number, depth: number): Promise<Explanation> {
  const children = new Map<string, Explanation>();
  const waits = depth === 0 ? [] : details.waits.filter((wait) => wait.kind === "child");
  for (const { runId } of waits.slice(0, MOST_CHILDREN)) {
    const child = await store.refresh(runId);
    if (child !== undefined) children.set(runId, await explain(store, await store.details(child), now, depth - 1));
  }
  return explainRun(details, { now, children });
}
