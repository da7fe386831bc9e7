// Starts runs for the workers on a store, and waits for them: `node examples/code/scale/starter.ts sqlite:runs.db 20`.
import process from "node:process";
import { createClient, createRuntime, openStorage } from "maestro";
import { tally } from "./tally.ts";

const storage = await openStorage(process.argv[2] ?? "sqlite:runs.db");
const client = createClient({ runtime: await createRuntime(), storage });
const texts = Array.from({ length: Number(process.argv[3] ?? 20) }, (_, index) => "word ".repeat(index).trim());
const runs = await Promise.all(texts.map((input, index) => client.start(tally, { id: `tally-${index}`, input })));
const results = await Promise.all(runs.map((run) => run.result()));
const words = results.reduce((sum, { output }) => sum + (output ?? 0), 0);
console.log(`${results.filter(({ status }) => status === "completed").length} runs, ${words} words`);
await client.close();
