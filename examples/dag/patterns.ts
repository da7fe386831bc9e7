// The shapes that graphs have: a line, a fan out, a fan in, a diamond, and all of them together.
import { createMaestro, createRuntime, type Dag, dag, type JsonObject } from "maestro";

const line = dag("line", { version: "1" })
  .node("a").action(() => "a")
  .node("b").dependsOn("a").action(({ a }) => `${a}b`)
  .node("c").dependsOn("b").action(({ b }) => `${b}c`)
  .output(({ c }) => c);

const fanOut = dag("fan_out", { version: "1" })
  .node("start").action(() => 1)
  .node("double").dependsOn("start").action(({ start }) => start * 2)
  .node("triple").dependsOn("start").action(({ start }) => start * 3)
  .output(({ double, triple }) => `${double} ${triple}`);

const fanIn = dag("fan_in", { version: "1" })
  .node("left").action(() => "left")
  .node("right").action(() => "right")
  .node("both").dependsOn("left", "right").action(({ left, right }) => `${left} and ${right}`)
  .output(({ both }) => both);

const diamond = dag("diamond", { version: "1" })
  .node("top").action(() => 10)
  .node("left").dependsOn("top").action(({ top }) => top + 1)
  .node("right").dependsOn("top").action(({ top }) => top + 2)
  .node("bottom").dependsOn("left", "right").action(({ left, right }) => left * right)
  .output(({ bottom }) => `${bottom}`);

const complex = dag("complex", { version: "1" })
  .node("read").action(() => [3, 1, 2])
  .node("sort").dependsOn("read").action(({ read }) => read.toSorted())
  .node("sum").dependsOn("read").action(({ read }) => read.reduce((sum, value) => sum + value, 0))
  .node("largest").dependsOn("sort").action(({ sort }) => sort.at(-1) ?? 0)
  .node("share").dependsOn("largest", "sum").action(({ largest, sum }) => largest / sum)
  .node("alarm").dependsOn("share").when(({ share }) => share > 0.9).action(() => "one is far too large")
  .node("report").dependsOn("sort", "share", "alarm").action(({ sort, share, alarm }) =>
    `${sort}: ${share}, ${alarm ?? "all is well"}`
  )
  .output(({ report }) => report);

const maestro = createMaestro({ runtime: await createRuntime() });
const graphs: readonly Dag<JsonObject, string>[] = [
  line.build(),
  fanOut.build(),
  fanIn.build(),
  diamond.build(),
  complex.build(),
];
for (const graph of graphs) {
  const run = await maestro.start(graph, { input: {} });
  console.log(`${graph.name}: ${(await run.result()).output}`);
}
await maestro.close();
