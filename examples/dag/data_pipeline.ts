// A pipeline whose stages are made by the program: sources are read at the same time, cleaned, joined; how long it all took is measured.
import { createMaestro, createRuntime, dag, Metrics, metrics } from "maestro";

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  north: ["12", "n/a", "14"],
  south: ["31", "29"],
  east: ["21", "", "23", "22"],
};
const names = Object.keys(SOURCES);

const pipeline = dag("data_pipeline", { version: "1", maxConcurrency: 2 })
  .nodes(names.flatMap((name) => [
    { name: `read_${name}`, action: () => SOURCES[name] },
    {
      name: `clean_${name}`,
      dependsOn: [`read_${name}`],
      action: (given) =>
        (given[`read_${name}`] as readonly string[]).map(Number.parseFloat).filter((value) => !Number.isNaN(value)),
    },
  ]))
  .nodes([{
    name: "join",
    dependsOn: names.map((name) => `clean_${name}`),
    action: (given) => names.flatMap((name) => given[`clean_${name}`] as readonly number[]),
  }])
  .node("mean").dependsOn("join")
  .action(({ join }) => {
    const values = join as readonly number[];
    return { count: values.length, mean: values.reduce((sum, value) => sum + value, 0) / values.length };
  })
  .output(({ mean }) => mean)
  .build();

const measured = new Metrics();
const maestro = createMaestro({ runtime: await createRuntime(), middleware: [metrics(measured)] });
const run = await maestro.start(pipeline, { input: {} });
const { status, output, steps } = await run.result();
console.log(status, JSON.stringify(output), `${steps.filter(({ kind }) => kind === "call").length} nodes`);
const attempts = measured.snapshot().filter(({ name }) => name === "maestro_step_attempts_total");
console.log(`${attempts.reduce((sum, { count }) => sum + count, 0)} attempts measured`);
await maestro.close();
