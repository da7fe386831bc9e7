import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MaestroError } from "../../src/base/errors.ts";
import type { AttemptResult, CallContext, ServiceClient } from "../../src/engine/service.ts";
import { createServiceRegistry } from "../../src/services/open_services.ts";
import { Deadlines } from "../../src/services/resilience/deadlines.ts";
import { runAttempt } from "../../src/services/resilience/attempt.ts";
import { callContext } from "../servers/call_context.ts";
import { httpConfig } from "../servers/http_call.ts";
import { ManualClock } from "../servers/manual_clock.ts";

const OK: AttemptResult = { ok: true, output: 1 };

async function attempt(
  call: (context: CallContext) => Promise<AttemptResult>,
  clock: ManualClock,
  signal?: AbortSignal,
): Promise<AttemptResult> {
  const context = callContext({ attemptTimeoutMs: 1_000, ...(signal === undefined ? {} : { signal }) });
  return await runAttempt(() => call(context), context, new Deadlines(clock));
}

describe("runAttempt()", () => {
  it("gives the client's result and leaves nothing behind", async () => {
    const clock = new ManualClock();
    let seen: CallContext | undefined;
    const result = await attempt(
      async (context) => {
        seen = context;
        return await Promise.resolve(OK);
      },
      clock,
    );
    assert.equal(result, OK);
    assert.equal(seen!.onAbort, undefined);
    assert.equal(seen!.idempotencyKey, "key-1");
  });

  it("tells the client to stop at the limit, and believes what it then says", async () => {
    const clock = new ManualClock();
    const pending = attempt(
      (context) =>
        new Promise((resolve) =>
          context.signal.addEventListener("abort", () => resolve({ ok: true, output: context.signal.reason as string }))
        ),
      clock,
    );
    clock.advance(1_000);
    assert.deepEqual(await pending, { ok: true, output: "timeout" });
    assert.equal(clock.pending, 0);
  });

  it("tells the client to stop when the caller's signal says so", async () => {
    const stop = new AbortController();
    const pending = attempt(
      (context) =>
        new Promise((resolve) =>
          context.signal.addEventListener("abort", () => resolve({ ok: true, output: context.signal.reason as string }))
        ),
      new ManualClock(),
      stop.signal,
    );
    stop.abort("cancelled");
    assert.deepEqual(await pending, { ok: true, output: "cancelled" });
  });

  it("does not wait for a client that ignores it", async () => {
    for (const reason of ["timeout", "cancelled"] as const) {
      const clock = new ManualClock();
      const stop = new AbortController();
      const pending = attempt(() => new Promise(() => undefined), clock, stop.signal);
      if (reason === "cancelled") stop.abort(reason);
      clock.advance(2_000);
      const result = await pending;
      assert(!result.ok);
      assert.deepEqual([result.failure.code, result.class, result.mayHaveActed], [reason, "unknown", true]);
      assert.equal(clock.pending, 0);
    }
  });

  it("sends nothing where the signal was aborted before", async () => {
    const call = (): Promise<AttemptResult> => assert.fail("called");
    const result = await attempt(call, new ManualClock(), AbortSignal.abort("cancelled"));
    assert(!result.ok);
    assert.deepEqual([result.failure.code, result.mayHaveActed], ["cancelled", false]);
  });

  it("makes an unknown result of a client that throws or rejects", async () => {
    const throwing = (): Promise<AttemptResult> => {
      throw new Error("oh");
    };
    for (const call of [throwing, () => Promise.reject(new Error("oh"))]) {
      const clock = new ManualClock();
      const result = await attempt(call, clock);
      assert(!result.ok);
      assert.equal(result.failure.message, "The service's adapter failed: oh");
      assert.deepEqual([result.failure.code, result.class, result.mayHaveActed, result.retryable], [
        "bad_response",
        "unknown",
        true,
        false,
      ]);
      clock.advance(1_000);
      assert.equal(clock.pending, 0);
    }
  });
});

describe("Deadlines", () => {
  /** Adds something that notes its name when it expires. */
  function add(deadlines: Deadlines, name: string, delayMs: number, expired: string[]): () => void {
    const entry = { due: 0, expire: () => void expired.push(name) };
    const line = deadlines.add(entry, delayMs, deadlines.clock.now());
    return () => line.leave(entry);
  }

  it("expire each in its time, and keep one timer for each length", () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const expired: string[] = [];
    add(deadlines, "a", 100, expired);
    clock.advance(40);
    const leave = add(deadlines, "b", 100, expired);
    add(deadlines, "c", 100, expired);
    add(deadlines, "short", 50, expired);
    assert.equal(clock.pending, 2);
    leave();
    for (
      const [ms, names] of [[49, ""], [1, "short"], [9, "short"], [1, "short a"], [39, "short a"], [
        1,
        "short a c",
      ]] as const
    ) {
      clock.advance(ms);
      assert.equal(expired.join(" "), names);
    }
    assert.equal(clock.pending, 0);
  });

  it("close() drops a timer that nobody waits for, and no other", () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const expired: string[] = [];
    add(deadlines, "a", 100, expired)();
    add(deadlines, "b", 200, expired);
    deadlines.close();
    assert.equal(clock.pending, 1);
    clock.advance(200);
    assert.deepEqual(expired, ["b"]);
  });

  it("keep nobody waiting for longer than the delay after the clock was set back", () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const expired: string[] = [];
    add(deadlines, "a", 100, expired);
    clock.setBack(3_600_000);
    add(deadlines, "b", 100, expired);
    clock.advance(200);
    assert.deepEqual(expired, ["a", "b"]);
  });
});

describe("createServiceRegistry()", () => {
  function setUp(): { registry: ReturnType<typeof createServiceRegistry>; opened: string[]; closed: string[] } {
    const opened: string[] = [];
    const closed: string[] = [];
    const adapter = {
      open: ({ endpoint }: { endpoint: string }): ServiceClient => {
        opened.push(endpoint);
        return {
          call: () => Promise.resolve(OK),
          close: async () => void closed.push(await Promise.resolve(endpoint)),
        };
      },
    };
    return {
      registry: createServiceRegistry({ adapters: { http: adapter, grpc: adapter }, clock: new ManualClock() }),
      opened,
      closed,
    };
  }

  it("client() shares one client among equal configurations", () => {
    const { registry, opened } = setUp();
    const config = httpConfig("http://a");
    const client = registry.client(config);
    assert.equal(registry.client(config), client);
    assert.equal(registry.client({ ...httpConfig("http://a"), poolSize: undefined }), client);
    assert.notEqual(registry.client(httpConfig("http://b")), client);
    assert.deepEqual(opened, ["http://a", "http://b"]);
  });

  it("client() refuses an unknown type and says which one was meant", () => {
    const { registry } = setUp();
    for (const type of ["htpp", "constructor"]) {
      assert.throws(
        () => registry.client(httpConfig("http://a", { type })),
        (error) => MaestroError.is(error, "invalid_workflow"),
      );
    }
    assert.throws(() => registry.client(httpConfig("http://a", { type: "htpp" })), { hint: 'did you mean "http"?' });
  });

  it("close() closes every client", async () => {
    const { registry, closed } = setUp();
    registry.client(httpConfig("http://a"));
    registry.client(httpConfig("http://b"));
    await registry.close();
    assert.deepEqual(closed.sort(), ["http://a", "http://b"]);
  });
});
