// An order: checks at the same time, payment, shipment; what was done is undone when nobody can ship. `… ecommerce.ts atlantis` cannot.
import process from "node:process";
import { createMaestro, createRuntime, dag, logging, TerminalError } from "maestro";

interface Order {
  readonly items: readonly { readonly sku: string; readonly count: number; readonly price: number }[];
  readonly city: string;
}

const shop = dag("ecommerce", { version: "1", timeout: "30s" })
  .input<Order>()
  .node("customer").action(() => ({ name: "Ada", isRegular: true }))
  .node("stock").action(({ input }) => input.items.map(({ sku }) => `shelf of ${sku}`))
  .compensate(({ stock }) => console.log(`frees ${stock.join(", ")}`))
  .node("price").action(({ input }) => input.items.reduce((sum, { count, price }) => sum + count * price, 0))
  .node("discount").dependsOn("customer", "price").when(({ customer }) => customer.isRegular)
  .action(({ price }) => price / 10)
  .node("payment").dependsOn("price", "discount", "stock").retry(3)
  .action(({ price, discount }) => ({ paid: price - (discount ?? 0) }))
  .compensate(({ payment: { paid } }) => console.log(`gives ${paid} back`))
  .node("shipment").dependsOn("payment").action(({ input }) => {
    if (input.city === "atlantis") throw new TerminalError("Nobody drives there", { code: "unreachable" });
    return "tomorrow";
  })
  .node("mail").dependsOn("payment", "shipment", "customer")
  .action(({ payment, shipment, customer }) => `Dear ${customer.name}, ${payment.paid} paid, ${shipment} at your door`)
  .output(({ mail }) => mail)
  .build();

const lines: string[] = [];
const maestro = createMaestro({
  runtime: await createRuntime(),
  middleware: [logging((message, { step_id }) => void lines.push(`${step_id} ${message}`))],
});
const run = await maestro.start(shop, {
  input: {
    items: [{ sku: "tea", count: 2, price: 5 }, { sku: "cake", count: 1, price: 10 }],
    city: process.argv[2] ?? "bern",
  },
});
const { status, output, error } = await run.result();
console.log(status, output ?? error?.code);
console.log(`${lines.filter((line) => line.includes("started")).length} attempts logged`);
await maestro.close();
