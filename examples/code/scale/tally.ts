import { activity, type Workflow, workflow } from "maestro";

const count = activity("count", (text: string) => text.split(" ").length);

/** Counts the words of a text: what the workers of this folder do. */
export const tally: Workflow<string, number> = workflow(
  "tally",
  { version: "1" },
  (ctx, text: string) => ctx.run(count, text),
);
