import process from "node:process";
import { createMaestro, createRuntime, type Dag, dag, openStorage } from "../../mod.ts";

/** A graph whose one node tells how far it is, and calls `onHalf` then, at the first attempt. */
export function importRows(onHalf: () => Promise<void> | void): Dag {
  return dag("import", { version: "1" })
    .node("rows").heartbeatTimeout("1m").action(async (_given, { attempt, lastHeartbeat, heartbeat }) => {
      if (lastHeartbeat !== undefined) return { from: lastHeartbeat, attempt };
      heartbeat(40);
      await onHalf();
      return { from: 0, attempt };
    })
    .build() as Dag;
}

/** As a program: starts run `r1`, and is killed in it. */
async function main(path: string): Promise<void> {
  const { promise: written, resolve: isWritten } = Promise.withResolvers<void>();
  const maestro = createMaestro({
    runtime: await createRuntime(),
    storage: await openStorage(`sqlite:${path}`),
    onEvent: ({ entry }) => {
      if (entry.type === "step_heartbeat") isWritten();
    },
  });
  const graph = importRows(async () => {
    await written;
    process.kill(process.pid, "SIGKILL");
  });
  await (await maestro.start(graph, { input: {}, id: "r1" })).result();
  await maestro.close();
}

const [path] = process.argv.slice(2);
if (process.argv[1]?.endsWith("killed_import.ts") && path !== undefined) await main(path);
