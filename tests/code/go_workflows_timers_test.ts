// The counterparts of go-workflows' end-to-end cases about timers and traces. Each is named as there.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { CancelledError, type Maestro, query, type RunEvent, signal, workflow } from "../../mod.ts";
import { type Clock, systemClock } from "../../src/engine/clock.ts";
import { STORES } from "./lab.ts";
import { eventually, withStore } from "./shared_store.ts";

const V1 = { version: "1" };
const HOUR_MS = 3_600_000;
const go = signal("go");
const seen = query<readonly string[]>("seen");

/** A clock whose long timers fire when they are told to. */
class HeldClock implements Clock {
  readonly now: () => number = () => Date.now() + this.#ahead;
  readonly #held = new Set<() => void>();
  #ahead = 0;

  after(delayMs: number, callback: () => void): () => void {
    if (delayMs < HOUR_MS / 2) return systemClock.after(delayMs, callback);
    this.#held.add(callback);
    return () => this.#held.delete(callback);
  }

  /** How many are set. */
  get count(): number {
    return this.#held.size;
  }

  /** Fires them; gives how many there were. */
  fire(): number {
    const due = [...this.#held];
    this.#held.clear();
    this.#ahead += HOUR_MS;
    for (const callback of due) callback();
    return due.length;
  }
}

/** Sleeps for an hour, then waits without end, and remembers what it came to. */
const sleeper = workflow("sleeper", V1, async (ctx) => {
  const said: string[] = [];
  ctx.onQuery(seen, () => [...said]);
  try {
    await ctx.sleep("1h");
    said.push("awake");
    await ctx.until(() => false);
  } catch (thrown) {
    said.push(thrown instanceof CancelledError ? "cancelled" : String(thrown));
    throw thrown;
  }
});

/** What a traceparent header is made of. */
function spanOf(traceparent: string | undefined): { readonly trace: string; readonly span: string } {
  const [, trace, span] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(traceparent ?? "") ?? [];
  assert(trace !== undefined && span !== undefined, `no traceparent: ${traceparent}`);
  return { trace, span };
}

/** Does something with a service over HTTP, and gives the trace contexts that it was called with. */
async function heardBy(
  maestro: Maestro,
  use: (services: NonNullable<Awaited<ReturnType<Maestro["load"]>>["workflow"]>) => Promise<void>,
): Promise<readonly { readonly line: string; readonly traceparent: string | undefined }[]> {
  const heard: { readonly line: string; readonly traceparent: string | undefined }[] = [];
  const server = createServer(({ method, url, headers }, response) => {
    heard.push({ line: `${method} ${url}`, traceparent: headers["traceparent"]?.toString() });
    const status = url === "/flaky" && heard.length === 1 ? 503 : 200;
    response.writeHead(status, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const services =
    `services: { shop: { type: http, endpoint: "http://127.0.0.1:${port}", retry: { attempts: 2, initial: 1ms } } }`;
  const { workflow, diagnostics } = await maestro.load({
    file: "shop.yaml",
    text: `name: shop\nversion: "1"\n${services}\nsteps: [{ service: shop, method: GET /health }]\n`,
  });
  assert(workflow !== undefined, JSON.stringify(diagnostics));
  try {
    await use(workflow);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return heard;
}

for (const kind of STORES) {
  describe(`go-workflows end to end, timers, ${kind}`, () => {
    it("Timer/CancelWorkflowInstance: a run that sleeps is cancelled at once, and its timer called off", () =>
      withStore(kind, async (store) => {
        const clock = new HeldClock();
        const maestro = await store.maestro({ clock });
        const run = await maestro.start(sleeper, { id: "r1" });
        await eventually(() => clock.count === 1);
        run.cancel();
        assert.equal((await run.result()).status, "cancelled");
        assert.deepEqual(await run.query(seen), ["cancelled"]);
        assert.equal(clock.count, 0);
        const types = await store.types("r1");
        assert(types.includes("timer_set") && !types.includes("timer_fired"), types.join());
      }));

    it("Timer/CancelBeforeStarting: a timer in a scope that is cancelled already is never set", () =>
      withStore(kind, async (store) => {
        const maestro = await store.maestro();
        const early = workflow("early", V1, async (ctx) => {
          return await ctx.scope(async (inner, scope) => {
            scope.cancel();
            return await inner.sleep("1h").then(() => "awake", (thrown) => thrown instanceof CancelledError);
          }).catch((thrown) => thrown instanceof CancelledError);
        });
        const run = await maestro.start(early, { id: "r1" });
        assert.equal((await run.result()).output, true);
        assert.deepEqual(await store.types("r1"), ["run_started", "run_finished"]);
      }));

    it("Timer/CancelTwice: the second time does nothing, to a scope as to a run", () =>
      withStore(kind, async (store) => {
        const maestro = await store.maestro();
        const twice = workflow("twice", V1, async (ctx) => {
          const errors: boolean[] = [];
          await ctx.scope(async (inner, scope) => {
            const sleeping = inner.sleep("1h").catch((thrown) => void errors.push(thrown instanceof CancelledError));
            scope.cancel();
            scope.cancel();
            await sleeping;
          }).catch(() => undefined);
          return errors;
        });
        assert.deepEqual((await (await maestro.start(twice)).result()).output, [true]);
        const tidy = workflow("tidy", V1, async (ctx) => {
          ctx.onQuery(seen, () => [String(ctx.signal.aborted)]);
          await ctx.sleep("1h").catch(() => ctx.shielded().receive(go));
          await ctx.shielded().step("tidied", () => true);
        });
        const run = await maestro.start(tidy, { id: "r1" });
        run.cancel();
        await eventually(async () => (await run.query(seen))[0] === "true");
        run.cancel();
        await run.signal(go);
        const { status, steps } = await run.result();
        assert.equal(status, "cancelled");
        assert.equal(steps.find(({ id }) => id === "tidied")?.status, "completed", "it is not cut off by the second");
        assert.equal((await store.types("r1")).filter((type) => type === "cancel_requested").length, 1);
      }));

    it("Timer/CancelBeforeFiringRemovesFutureEvent: the run is no longer due at the time of the timer", () =>
      withStore(kind, async (store) => {
        const clock = new HeldClock();
        const maestro = await store.maestro({ clock });
        const calledOff = workflow("called_off", V1, async (ctx) => {
          await ctx.scope(async (inner, scope) => {
            void inner.sleep("1h").catch(() => undefined);
            await ctx.receive(go);
            scope.cancel();
          }).catch(() => undefined);
          await ctx.receive(go, { id: "second" });
          return "ended";
        });
        const before = Date.now();
        const run = await maestro.start(calledOff, { id: "r1" });
        await eventually(() => clock.count === 1);
        const due = (await maestro.find("r1"))?.wakeAt ?? 0;
        assert(due >= before + HOUR_MS && due <= Date.now() + HOUR_MS, String(due));
        await run.signal(go);
        await eventually(async () => (await maestro.find("r1"))?.wakeAt === null);
        assert.equal(clock.fire(), 0);
        await run.signal(go);
        assert.equal((await run.result()).output, "ended");
        assert(!(await store.types("r1")).includes("timer_fired"));
      }));

    for (const first of ["timer", "cancel"] as const) {
      it(`Timer/ScheduleCancelRace: a timer fires in the turn of a cancellation, the ${first} first`, () =>
        withStore(kind, async (store) => {
          const clock = new HeldClock();
          let fired = 0;
          const maestro = await store.maestro({
            clock,
            // What comes while a turn is told of makes up the next one.
            onEvent: ({ entry }) => {
              if (entry.type !== "signal_received") return;
              if (first === "timer") fired += clock.fire();
              run.cancel();
              if (first === "cancel") fired += clock.fire();
            },
          });
          const run = await maestro.start(sleeper, { id: "r1" });
          await eventually(() => clock.count === 1);
          await run.signal(go);
          assert.equal((await run.result()).status, "cancelled");
          assert.equal(fired, 1, "the cancellation had not called it off");
          const turn = (await store.turns("r1")).at(-1)!.entries.map(({ type }) => type);
          const facts = turn.filter((type) => type === "timer_fired" || type === "cancel_requested");
          const isAwake = first === "timer";
          assert.deepEqual(facts, isAwake ? ["timer_fired", "cancel_requested"] : ["cancel_requested"]);
          // The run has ended: it is its journal, read again, that answers.
          assert.deepEqual(await run.query(seen), isAwake ? ["awake", "cancelled"] : ["cancelled"]);
        }));
    }
  });

  describe(`go-workflows end to end, traces, ${kind}`, () => {
    it("Tracing/WorkflowsHaveSpans: events and calls of a run share its trace id; the run has no span", () =>
      withStore(kind, async (store) => {
        const events: RunEvent[] = [];
        const maestro = await store.maestro({ onEvent: (event) => void events.push(event) });
        const heard = await heardBy(maestro, async (services) => {
          const calls = workflow("calls", { ...V1, services }, async (ctx) => void await ctx.call("shop", "GET /a"));
          for (const id of ["r1", "r2"]) {
            assert.equal((await (await maestro.start(calls, { id })).result()).status, "completed");
          }
        });
        const traces = ["r1", "r2"].map((id) =>
          new Set(events.filter(({ runId }) => runId === id).map((e) => e.traceId))
        );
        assert.deepEqual(traces.map(({ size }) => size), [1, 1]);
        const [one, two] = traces.map((trace) => [...trace][0]!);
        assert.match(one!, /^[0-9a-f]{32}$/);
        assert.notEqual(one, two);
        assert.deepEqual(heard.map(({ traceparent }) => spanOf(traceparent).trace), [one, two]);
        for await (const { traceId } of maestro.watch("r1")) assert.equal(traceId, one, "also when it is read again");
      }));

    it("Tracing/TimersHaveSpans: timers are told with the run's trace id; they have no spans of their own", () =>
      withStore(kind, async (store) => {
        const maestro = await store.maestro();
        const run = await maestro.start(workflow("naps", V1, async (ctx) => await ctx.sleep(1)));
        const told: RunEvent[] = [];
        for await (const event of run.watch()) told.push(event);
        const set = told.find(({ entry }) => entry.type === "timer_set");
        const fired = told.find(({ entry }) => entry.type === "timer_fired");
        assert(set?.entry.type === "timer_set" && fired?.entry.type === "timer_fired");
        assert.equal(fired.entry.timer, set.entry.timer);
        assert.equal(set.entry.due, set.time + 1);
        assert.match(set.traceId ?? "", /^[0-9a-f]{32}$/);
        assert.equal(fired.traceId, set.traceId);
        assert.equal(told[0]?.traceId, set.traceId);
      }));

    it("Tracing/TimersWithinCustomSpans: a timer's path tells the group it is in; there are no spans of one's own", () =>
      withStore(kind, async (store) => {
        const maestro = await store.maestro();
        const run = await maestro.start(workflow("groups", V1, async (ctx) => {
          await Promise.all([ctx.group("part").sleep(1), ctx.sleep(1)]);
        }));
        const timers: string[] = [];
        const traces = new Set<string | undefined>();
        for await (const { entry, traceId } of run.watch()) {
          traces.add(traceId);
          if (entry.type === "timer_set") timers.push(entry.timer);
        }
        assert.equal(timers.length, 2);
        assert.match(timers[0]!, /^part\//);
        assert.doesNotMatch(timers[1]!, /part/);
        assert.equal(traces.size, 1);
      }));

    it("Tracing/SubWorkflowsHaveSpansWithCorrectParent: a child has a trace id of its own, and its record names its parent", () =>
      withStore(kind, async (store) => {
        const traces = new Map<string, string | undefined>();
        const maestro = await store.maestro({ onEvent: ({ runId, traceId }) => void traces.set(runId, traceId) });
        const leaf = workflow("leaf", V1, async (ctx) => await ctx.step("work", () => 1));
        const mid = workflow(
          "mid",
          { ...V1, children: [leaf] },
          (ctx) => ctx.child(leaf, undefined, { runId: "leaf" }),
        );
        const top = workflow("top", { ...V1, children: [mid] }, (ctx) => ctx.child(mid, undefined, { runId: "mid" }));
        assert.equal((await (await maestro.start(top, { id: "top" })).result()).output, 1);
        assert.equal(new Set(["top", "mid", "leaf"].map((id) => traces.get(id))).size, 3);
        for (const [id, parent] of [["mid", "top"], ["leaf", "mid"]] as const) {
          const found = await maestro.find(id);
          assert.deepEqual([found?.parent?.runId, found?.parent?.step, found?.root], [parent, id, "top"]);
        }
        assert.equal((await maestro.find("top"))?.parent, null);
      }));

    it("Tracing/InnerWorkflowSpansHaveCorrectParent: each attempt of a call is a span in the run's trace; there are no spans of one's own", () =>
      withStore(kind, async (store) => {
        let trace: string | undefined;
        const maestro = await store.maestro({ onEvent: ({ traceId }) => void (trace = traceId) });
        const heard = await heardBy(maestro, async (services) => {
          const inner = workflow("inner", { ...V1, services }, async (ctx) => {
            await ctx.call("shop", "GET /flaky");
            await ctx.group("part").call("shop", "GET /inner");
          });
          assert.equal((await (await maestro.start(inner)).result()).status, "completed");
        });
        assert.deepEqual(heard.map(({ line }) => line), ["GET /flaky", "GET /flaky", "GET /inner"]);
        const spans = heard.map(({ traceparent }) => spanOf(traceparent));
        assert.deepEqual(spans.map((span) => span.trace), [trace, trace, trace]);
        assert.equal(new Set(spans.map(({ span }) => span)).size, 3);
      }));
  });
}
