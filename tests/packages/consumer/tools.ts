// What comes with the library: the tester, and the promises that a store has to keep.
import { dag, openStorage } from "maestro";
import { STORAGE_CONTRACT } from "maestro/storage-contract";
import { createTester, fails, sequence } from "maestro/testing";

const graph = dag("order", { version: "1" })
  .node("price").retry({ attempts: 2, initial: "1h" }).action(() => 1)
  .output(({ price }) => ({ price }))
  .build();
// @ts-expect-error: there is no such option
createTester({ startsAt: 0 });
const tester = createTester({ mocks: { price: sequence([fails({ code: "http_503" }), 3]) } });
const { output } = await (await tester.start(graph, { input: {} })).result();
console.log(JSON.stringify(output), tester.calls("price").length);
await tester.close();

const kept = STORAGE_CONTRACT.find(({ needs }) => needs === undefined);
const storage = await openStorage("memory:");
console.log(kept !== undefined, (await storage.listRuns({ limit: 1 })).runs.length);
await storage[Symbol.asyncDispose]();
