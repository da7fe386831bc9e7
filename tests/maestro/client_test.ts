import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { after, describe, it } from "node:test";
import {
  activity,
  type Client,
  type ContextPropagator,
  createClient,
  createMaestro,
  createRuntime,
  createWorker,
  type Maestro,
  MaestroError,
  openStorage,
  query,
  type RunHandle,
  signal,
  type Storage,
  update,
  UpdateFailedError,
  type Worker,
  workflow,
} from "../../mod.ts";
import { createScratchFolder } from "../cli/scratch_folder.ts";

const progress = query<number>("progress");
const add = update<number, number>("add");
const done = signal<{ by: string }>("done");

const counter = workflow("counter", { version: "1" }, async (ctx, start: number) => {
  let count = start;
  ctx.onQuery(progress, () => count);
  ctx.onUpdate(add, async (more) => {
    await ctx.sleep(1);
    return count += more;
  }, {
    check: (more) => {
      if (more < 0) throw new Error("only upwards");
    },
  });
  ctx.setAttributes({ kind: "counter" });
  const { by } = await ctx.receive(done);
  return { count, by };
});

const endless = workflow("endless", { version: "1" }, async (ctx) => {
  await ctx.step("first", () => 1, { compensate: () => undefined });
  await Promise.all([
    ctx.step("hangs", ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject))),
    ctx.child(counter, 1),
  ]);
});

const runtime = await createRuntime();
const scratch = createScratchFolder();
let stores = 0;
const open: (Client | Worker | Maestro)[] = [];
after(async () => {
  for (const one of open) await one.close();
  scratch.remove();
});

function keep<T extends Client | Worker | Maestro>(one: T): T {
  open.push(one);
  return one;
}

/** A client and a worker, each with its own connection to one store. */
async function apart(): Promise<{ readonly client: Client; readonly storage: () => Promise<Storage> }> {
  const url = `sqlite:${scratch.path}/${++stores}.db`;
  const storage = () => openStorage(url);
  keep(createWorker({ runtime, storage: await storage(), workflows: [counter] }));
  return { client: keep(createClient({ runtime, storage: await storage() })), storage };
}

async function refusal(action: Promise<unknown>): Promise<MaestroError> {
  try {
    await action;
  } catch (thrown) {
    assert(MaestroError.is(thrown), String(thrown));
    return thrown;
  }
  throw new assert.AssertionError({ message: "it was not refused" });
}

async function until(run: RunHandle<unknown>, entry: string): Promise<void> {
  for await (const event of run.watch()) if (event.entry.type === entry) return;
}

describe("createClient() and createWorker()", () => {
  it("start, ask, change and end a run that another one drives", async () => {
    const { client } = await apart();
    const run = await client.start(counter, { input: 5, attributes: { customer: "c1" } });
    assert.equal(run.isDriven, false);
    assert.equal(await run.update(add, 4), 9);
    await assert.rejects(run.update(add, -1), (thrown) => {
      assert(thrown instanceof UpdateFailedError);
      assert.equal(thrown.message, "only upwards");
      return true;
    });
    client.register(counter);
    assert.equal(await run.query(progress), 9);
    assert.deepEqual((await client.find(run.id))?.attributes, { customer: "c1", kind: "counter" });
    await run.signal(done, { by: "Ada" });
    assert.deepEqual((await run.result()).output, { count: 9, by: "Ada" });
    assert.equal(await run.query(progress), 9, "an ended run answers too");
  });

  it("give the first answer again to an update that is sent twice", async () => {
    const { client } = await apart();
    const run = await client.start(counter, { input: 0 });
    assert.equal(await client.update(run.id, add, 3, { id: "u1" }), 3);
    assert.equal(await client.update(run.id, add, 3, { id: "u1" }), 3);
    await run.signal(done, { by: "me" });
    assert.equal((await run.result()).output?.count, 3);
  });

  it("refuse what cannot be, and say what can", async () => {
    const { client } = await apart();
    client.register(counter);
    const run = await client.start(counter, { input: 0 });
    await until(run, "signal_awaited");
    const unknown = await refusal(run.query(query("progres")));
    assert.equal(unknown.code, "usage");
    assert.match(unknown.hint ?? "", /progress/);
    assert.equal((await refusal(client.delete(run.id))).code, "usage");
    assert.equal((await refusal(client.follow("nobody"))).code, "run_not_found");
    await run.signal(done, { by: "me" });
    await run.result();
    assert.equal((await refusal(run.signal(done, { by: "late" }))).code, "run_ended");
    assert.equal((await refusal(run.update(add, 1))).code, "run_ended");
    assert.equal((await refusal(run.terminate())).code, "run_ended");
  });

  it("start a run once for an id, and send it a signal at once", async () => {
    const { client } = await apart();
    const options = { id: "order-1", input: 2, signal: done, data: { by: "first" } };
    const run = await client.signalWithStart(counter, options);
    assert.deepEqual((await run.result()).output, { count: 2, by: "first" });
    assert.equal((await refusal(client.signalWithStart(counter, options))).code, "run_ended");
    assert.equal((await refusal(client.start(counter, { id: "order-1", input: 3 }))).code, "run_conflict");
  });

  it("list runs by their attributes, watch them from the beginning, and delete them", async () => {
    const { client } = await apart();
    for (const id of ["a", "b"]) {
      await client.signalWithStart(counter, {
        id,
        input: 1,
        attributes: { name: id },
        signal: done,
        data: { by: id },
      });
      await (await client.follow(id)).result();
    }
    const found: string[] = [];
    for await (const { id } of client.list({ attributes: { name: "b", kind: "counter" } })) found.push(id);
    assert.deepEqual(found, ["b"]);
    const types: string[] = [];
    for await (const { entry } of client.watch("a")) types.push(entry.type);
    assert.equal(types[0], "run_started");
    assert.equal(types.at(-1), "run_finished");
    await client.delete("a");
    assert.equal(await client.find("a"), undefined);
  });

  it("take no more runs at a time than they may, not counting those that wait", async () => {
    const url = `sqlite:${scratch.path}/${++stores}.db`;
    let most = 0;
    let busy = 0;
    const work = workflow("work", { version: "1" }, async (ctx, isPatient: boolean) => {
      if (isPatient) await ctx.receive(done);
      await ctx.step("busy", async () => {
        most = Math.max(most, ++busy);
        await new Promise((resolve) => setTimeout(resolve, 5));
        busy--;
      });
    });
    const client = keep(createClient({ runtime, storage: await openStorage(url), queue: "narrow" }));
    const patient = await Promise.all([1, 2, 3].map(() => client.start(work, { input: true })));
    const storage = await openStorage(url);
    keep(createWorker({ runtime, storage, workflows: [work], queues: ["narrow"], maxRuns: 2 }));
    for (const run of patient) await until(run, "signal_awaited");
    const runs = await Promise.all([1, 2, 3, 4, 5, 6].map(() => client.start(work, { input: false })));
    for (const run of runs) assert.equal((await run.result()).status, "completed");
    assert(most === 1 || most === 2, `${most} at a time`);
    for (const run of patient) await run.signal(done, { by: "me" });
    for (const run of patient) assert.equal((await run.result()).status, "completed");
  });
});

describe("workers of different versions on one queue", () => {
  it("leave each other the runs whose code they do not know", async () => {
    const of = (version: string) => workflow("deployed", { version }, (ctx) => ctx.step("work", () => version));
    const [old, next] = [of("1"), of("2")];
    const url = `sqlite:${scratch.path}/${++stores}.db`;
    const client = keep(createClient({ runtime, storage: await openStorage(url) }));
    keep(createWorker({ runtime, storage: await openStorage(url), workflows: [old] }));
    const early = await client.start(next);
    const known = await client.start(old);
    assert.equal((await known.result()).output, "1");
    assert.equal((await client.find(early.id))?.status, "pending", "nobody knows it yet");
    keep(createWorker({ runtime, storage: await openStorage(url), workflows: [next] }));
    assert.equal((await early.result()).output, "2");
    const runs = await Promise.all([old, next, old, next].map((definition) => client.start(definition)));
    const outputs = await Promise.all(runs.map(async (run) => (await run.result()).output));
    assert.deepEqual(outputs, ["1", "2", "1", "2"]);
  });

  it("take a run as soon as its code is registered", async () => {
    const late = workflow("late", { version: "1" }, (ctx) => ctx.step("work", () => "done"));
    const storage = await openStorage("memory:");
    const client = createClient({ runtime, storage });
    const maestro = keep(createMaestro({ runtime, storage, queue: "default" }));
    maestro.listen();
    const run = await client.start(late);
    while ((await client.find(run.id))?.owner !== null) await new Promise((resolve) => setTimeout(resolve, 5));
    maestro.register(late);
    assert.equal((await run.result()).output, "done");
  });
});

describe("Maestro.cancel()", () => {
  it("lets a run that has not begun start nothing", async () => {
    let isDone = false;
    const idle = workflow("idle", { version: "1" }, (ctx) => ctx.step("work", () => isDone = true));
    const storage = await openStorage("memory:");
    const client = createClient({ runtime, storage });
    const run = await client.start(idle);
    run.cancel();
    while ((await client.find(run.id))?.mail !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    keep(createWorker({ runtime, storage, workflows: [idle] }));
    assert.equal((await run.result()).status, "cancelled");
    assert.equal(isDone, false);
  });
});

describe("Maestro.terminate()", () => {
  it("ends a run with its children as it stands, and undoes nothing", async () => {
    let isUndone = false;
    const parent = workflow("parent", { version: "1", children: [counter] }, async (ctx) => {
      await ctx.step("first", () => 1, { compensate: () => isUndone = true });
      await ctx.child(counter, 1, { runId: "kid" });
    });
    const maestro = keep(createMaestro({ runtime }));
    const run = await maestro.start(parent);
    const kid = await (async () => {
      for (;;) {
        const found = await maestro.find("kid");
        if (found?.status === "waiting") return await maestro.follow("kid");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await run.terminate();
    const { status, error, steps } = await run.result();
    assert.equal(status, "cancelled");
    assert.equal(error?.code, "terminated");
    assert.equal((await kid.result()).error?.code, "terminated");
    assert.equal(isUndone, false);
    assert.equal(steps.find(({ id }) => id === "first")?.status, "completed");
  });

  it("ends a run whose code nobody has", async () => {
    const url = `sqlite:${scratch.path}/${++stores}.db`;
    const client = keep(createClient({ runtime, storage: await openStorage(url) }));
    const run = await client.start(endless);
    keep(createWorker({ runtime, storage: await openStorage(url), workflows: [counter] }));
    await client.terminate(run.id);
    assert.equal((await (await client.follow(run.id)).result()).status, "cancelled");
  });
});

describe("Maestro.rerun() and migrate() of code", () => {
  it("do again a step and what was asked for after it", async () => {
    const calls: string[] = [];
    const three = workflow("three", { version: "1" }, async (ctx) => {
      for (const name of ["a", "b", "c"]) await ctx.step(name, () => calls.push(name));
      await ctx.sleep(1);
      return calls.length;
    });
    const maestro = keep(createMaestro({ runtime }));
    const run = await maestro.start(three);
    await run.result();
    const again = await maestro.rerun(run.id, { from: "b" });
    assert.equal((await again.result()).status, "completed");
    assert.deepEqual(calls, ["a", "b", "c", "b", "c"]);
  });

  it("move a run to another version that asks for the same so far", async () => {
    const of = (version: string, after: string) =>
      workflow("moving", { version }, async (ctx) => {
        await ctx.step("same", () => 1);
        await ctx.receive(done);
        return await ctx.step(after, () => after);
      });
    const storage = await openStorage(`sqlite:${scratch.path}/${++stores}.db`);
    const old = createMaestro({ runtime, storage });
    const run = await old.start(of("1", "old"));
    await until(run, "signal_awaited");
    await run.suspend();
    const next = of("2", "new");
    for await (const { obstacle } of old.diff(next)) assert.equal(obstacle, undefined);
    await old.migrate(run.id, next);
    const resumed = await old.resume(run.id);
    await resumed.signal(done, { by: "me" });
    assert.equal((await resumed.result()).output, "new");
    await old.close();
  });
});

describe("propagators", () => {
  it("carry what surrounds the start of a run to its activities and children", async () => {
    const tenant = new AsyncLocalStorage<string>();
    const propagator: ContextPropagator = {
      capture: () => ({ tenant: tenant.getStore() ?? "none" }),
      restore: (context, run) => tenant.run(context["tenant"]!, run),
    };
    const who = activity("who", async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return tenant.getStore() ?? "lost";
    });
    const child = workflow("child", { version: "1" }, (ctx) => ctx.run(who));
    const parent = workflow("parent", { version: "1", children: [child] }, async (ctx) => [
      await ctx.run(who),
      await ctx.child(child, undefined),
      ctx.context["tenant"],
    ]);
    const maestro = keep(createMaestro({ runtime, propagators: [propagator] }));
    const run = await tenant.run("acme", () => maestro.start(parent));
    assert.deepEqual((await run.result()).output, ["acme", "acme", "acme"]);
  });
});
