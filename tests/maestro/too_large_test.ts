import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createClient, createMaestro, createRuntime, createWorker, openStorage, workflow } from "../../mod.ts";

const folder = mkdtempSync(join(tmpdir(), "maestro-large-"));
after(() => rmSync(folder, { recursive: true }));

const open = (name: string) => openStorage(`sqlite:${join(folder, name)}`, { mostPayloadBytes: 2_000 });

describe("what is larger than the store allows", () => {
  it("is refused as an input, and no run is there", async () => {
    const maestro = createMaestro({ runtime: await createRuntime(), storage: await open("input.db") });
    const echo = workflow("echo", { version: "1" }, (_ctx, text: string) => text);
    await assert.rejects(maestro.start(echo, { input: "x".repeat(3_000), id: "large" }), { code: "payload_too_large" });
    assert.equal(await maestro.find("large"), undefined);
    await maestro.close();
  });

  it("pauses a run as a step's output, and the step is not called over and over", async () => {
    const maestro = createMaestro({ runtime: await createRuntime(), storage: await open("output.db") });
    let calls = 0;
    const swell = (): string => "x".repeat(3_000 + calls++);
    const large = workflow("large", { version: "1" }, (ctx) => ctx.step("big", swell));
    const { status, pause } = await (await maestro.start(large)).result();
    assert.deepEqual([status, pause?.reason, calls], ["paused", "history_limit", 1]);
    assert.match(pause?.message ?? "", /step "big" take \d+ bytes/);
    await maestro.close();
  });

  it("pauses a run whose first turn cannot be written", async () => {
    const runtime = await createRuntime();
    const child = workflow("child", { version: "1" }, (_ctx, text: string) => text);
    const children = [child];
    const swells = workflow("swells", { version: "1", children }, (ctx) => ctx.child(child, "x".repeat(3_000)));
    const client = createClient({ runtime, storage: await open("first.db") });
    const run = await client.start(swells);
    const worker = createWorker({ runtime, storage: await open("first.db"), workflows: [swells] });
    const { status, pause } = await run.result();
    assert.deepEqual([status, pause?.reason], ["paused", "history_limit"]);
    await worker.close();
    await client.close();
  });
});

describe("an id that a run has which nobody has begun", () => {
  it("is refused with another input, and gives the run with the same", async () => {
    const client = createClient({ runtime: await createRuntime(), storage: await openStorage("memory:") });
    const echo = workflow("echo", { version: "1" }, (_ctx, text: string) => text);
    await client.start(echo, { id: "r1", input: "a" });
    assert.equal((await client.start(echo, { id: "r1", input: "a" })).id, "r1");
    await assert.rejects(client.start(echo, { id: "r1", input: "b" }), { code: "run_conflict" });
    await client.close();
  });
});
