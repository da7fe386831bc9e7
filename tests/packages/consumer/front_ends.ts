// A workflow of each kind, as somebody's own program would have it. Takes the address of an HTTP service that knows the price of tea.
import process from "node:process";
import { activity, createMaestro, createRuntime, dag, workflow } from "maestro";

const double = activity("double", (count: number) => count * 2);

const inCode = workflow("in_code", { version: "1" }, async (ctx, input: { count: number }) => {
  const doubled = await ctx.run(double, input.count);
  await ctx.sleep(1);
  return { doubled };
});

const asGraph = dag("as_graph", { version: "1" })
  .input<{ count: number }>()
  .node("double").action(({ input }) => input.count * 2)
  .node("add").dependsOn("double").action(({ double: doubled }) => doubled + 1)
  .output(({ add }) => ({ sum: add }))
  .build();

const inYaml = `
name: in_yaml
services:
  shop: { type: http, endpoint: "${process.argv[2]}" }
  local: { type: function, endpoint: local }
steps:
  - { id: ask, service: shop, method: "GET /price/{{ .input.item }}", output: answer }
  - { id: double, service: local, method: Double, input: "{{ .answer.price }}", output: doubled }
output: { price: "{{ .doubled }}" }
`;

const maestro = createMaestro({
  runtime: await createRuntime(),
  functions: { local: { Double: (price) => Number(price) * 2 } },
});
const { workflow: loaded, diagnostics } = await maestro.load({ file: "in_yaml.yaml", text: inYaml });
if (loaded === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
const runs = [
  await maestro.start(inCode, { input: { count: 2 } }),
  await maestro.start(asGraph, { input: { count: 2 } }),
  await maestro.start(loaded, { input: { item: "tea" } }),
];
const results = await Promise.all(runs.map((run) => run.result()));
for (const { workflow: name, status, output, error } of results) {
  console.log(name, status, JSON.stringify(output ?? error));
}
await maestro.close();
