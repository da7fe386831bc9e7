// Compiles only where types flow from what a program defines to where it uses it.
import { activity, createMaestro, createRuntime, dag, query, signal, workflow } from "maestro";

const price = activity("price", (item: string) => ({ item, price: item.length }));
const approved = signal<{ by: string }>("approved");
const go = signal("go");
const progress = query<number>("progress");

const order = workflow("order", { version: "1" }, async (ctx, input: { item: string }) => {
  const priced = await ctx.run(price, input.item);
  const total: number = priced.price;
  // @ts-expect-error: the activity takes text
  await ctx.run(price, 3);
  // @ts-expect-error: the activity's input is missing
  await ctx.run(price);
  // @ts-expect-error: the price is a number
  const text: string = priced.price;
  const { by } = await ctx.receive(approved);
  // @ts-expect-error: the signal brings no "at"
  const { at } = await ctx.receive(approved);
  // @ts-expect-error: the name is under "by", and text
  await ctx.signalRun("other", approved, { by: 3 });
  await ctx.signalRun("other", go);
  // @ts-expect-error: nothing goes with this signal
  await ctx.signalRun("other", go, "now");
  // @ts-expect-error: the answer to this query is a number
  ctx.onQuery(progress, () => "half");
  return { total, by, text, at };
});

const graph = dag("graph", { version: "1" })
  .input<{ count: number }>()
  .node("double").action(({ input }) => input.count * 2)
  .node("show").dependsOn("double").action(({ double }) => `${double.toFixed(1)}`)
  .output(({ show }) => ({ show }))
  .build();
dag("other", { version: "1" })
  .node("first").action(() => 1)
  // @ts-expect-error: no node has this name
  .node("second").dependsOn("frist");

/** Never called: what counts is what compiles. */
export async function start(): Promise<void> {
  const maestro = createMaestro({ runtime: await createRuntime() });
  const run = await maestro.start(order, { input: { item: "tea" } });
  const { output } = await run.result();
  await run.signal(go);
  // @ts-expect-error: what is approved is approved by somebody
  await run.signal(approved);
  // @ts-expect-error: the answer is a number
  const done: string = await run.query(progress);
  const total: number | undefined = output?.total;
  // @ts-expect-error: the item is text
  await maestro.start(order, { input: { item: 3 } });
  // @ts-expect-error: the input is missing
  await maestro.start(order);
  // @ts-expect-error: the result has no such field
  console.log(total, done, output?.sum);
  const shown: string | undefined = (await (await maestro.start(graph, { input: { count: 2 } })).result()).output?.show;
  // @ts-expect-error: the count is a number
  await maestro.start(graph, { input: { count: "2" } });
  console.log(shown);
}
