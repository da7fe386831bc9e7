// An order as a graph of the program's own functions: `node examples/dag_order/order.ts [bad]`. A bad order cannot be shipped, and is undone.
import process from "node:process";
import { createMaestro, createRuntime, dag, type NodeMiddleware } from "../../mod.ts";

interface Order {
  readonly items: readonly { readonly sku: string; readonly count: number }[];
  readonly city: string;
}

const PRICES: Readonly<Record<string, number>> = { tea: 3, cake: 5 };

/** Says which nodes run. */
const told: NodeMiddleware = (call, next) => {
  call.log(call.isCompensation ? `undo ${call.node}` : call.node);
  return next();
};

const order = dag("order", { version: "1", timeout: "30s" })
  .input<Order>()
  .data<{ readonly total: number }>({ total: 0 })
  .use(told)
  .node("validate").action(({ input }) => {
    const unknown = input.items.filter(({ sku }) => !(sku in PRICES));
    if (unknown.length > 0) throw new Error(`there is no ${unknown[0]?.sku}`);
    return input.items.length;
  })
  .node("check_inventory").dependsOn("validate")
  .action(({ input }) => input.items.map(({ sku }) => ({ sku, shelf: sku.length })))
  .node("process_payment").dependsOn("validate").retry({ attempts: 3, initial: "10ms" }).timeout(
    "5s",
  )
  .action(({ input }, { idempotencyKey, data }) => {
    const total = input.items.reduce((sum, { sku, count }) => sum + count * (PRICES[sku] ?? 0), 0);
    data.set("total", total);
    return { payment: idempotencyKey.split("/")[1], total };
  })
  .compensate(({ process_payment: { total } }, { log }) => log(`  gives ${total} back`))
  .node("allocate_inventory").dependsOn("check_inventory", "process_payment")
  .action(({ check_inventory: shelves }) => shelves.map(({ shelf }) => shelf))
  .compensate(({ allocate_inventory: shelves }, { log }) => log(`  frees ${shelves.length} shelves`))
  .node("generate_invoice").dependsOn("allocate_inventory")
  .action((_given, { data }) => `invoice over ${data.get("total")}`)
  .node("schedule_shipment").dependsOn("allocate_inventory").action(({ input }) => {
    if (input.city === "bad") throw Object.assign(new Error("nobody delivers there"), { code: "E_SHIP" });
    return "tomorrow";
  })
  .node("gift").dependsOn("validate").when(({ validate }) => validate > 1).action(() => "a pen")
  .node("send_confirmation").dependsOn("generate_invoice", "schedule_shipment", "gift")
  .action(({ generate_invoice: invoice, schedule_shipment: day, gift }) =>
    `${invoice}, ${day}, with ${gift ?? "nothing"}`
  )
  .output(({ send_confirmation: mail }, data) => ({ mail, total: data.get("total") }))
  .build();

const maestro = createMaestro({
  runtime: await createRuntime(),
  onEvent: ({ entry }) => {
    if (entry.type === "log") console.log(entry.text);
  },
});
const items = [{ sku: "tea", count: 2 }, { sku: "cake", count: 1 }];
const run = await maestro.start(order, { input: { items, city: process.argv[2] ?? "Turin" } });
const result = await run.result();
console.log(result.status, JSON.stringify(result.output ?? result.error?.message));
for (const [node, { status, dependency }] of order.states(result)) {
  if (status !== "completed") console.log(`${node}: ${status}${dependency === null ? "" : ` for ${dependency}`}`);
}
await maestro.close();
