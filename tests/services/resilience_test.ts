import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { failure } from "../../src/engine/failure.ts";
import type {
  AttemptResult,
  BreakerConfig,
  CallContext,
  FailureClass,
  ServiceAdapter,
  ServiceClient,
  ServiceConfig,
} from "../../src/engine/service.ts";
import { createServiceRegistry } from "../../src/services/open_services.ts";
import { callContext } from "../servers/call_context.ts";
import { callRequest, httpConfig } from "../servers/http_call.ts";
import { ManualClock } from "../servers/manual_clock.ts";

const BREAKER: BreakerConfig = { failureRatio: 0.5, minCalls: 4, windowMs: 10_000, openForMs: 30_000 };
const OK: AttemptResult = { ok: true, output: null };

/** A service of which the test decides when and how each call ends. */
class Scripted implements ServiceAdapter {
  readonly calls: {
    readonly step: string;
    readonly context: CallContext;
    readonly end: (result: AttemptResult) => void;
  }[] = [];
  closed = 0;

  open(): ServiceClient {
    return {
      call: (_, context) => new Promise((end) => this.calls.push({ step: context.step, context, end })),
      close: async () => {
        this.closed += 1;
        await Promise.resolve();
      },
    };
  }
}

function setUp(config: Partial<ServiceConfig>): { client: ServiceClient; service: Scripted; clock: ManualClock } {
  const service = new Scripted();
  const clock = new ManualClock();
  const client = createServiceRegistry({ adapters: { http: service }, clock }).client(httpConfig("http://x", config));
  return { client, service, clock };
}

async function call(client: ServiceClient, step = "s", signal = new AbortController().signal): Promise<AttemptResult> {
  return await client.call(callRequest("POST /x"), callContext({ step, signal, attemptTimeoutMs: 1_000 }));
}

function failed(cls: FailureClass, code = "http_503"): AttemptResult {
  return { ok: false, failure: failure(code, `it said ${code}`), class: cls, mayHaveActed: false };
}

function codeOf(result: AttemptResult): string {
  return result.ok ? "ok" : result.failure.code;
}

/** Lets everything that is ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe("the circuit breaker", () => {
  /** Makes a call that the service ends at once. */
  async function run(client: ServiceClient, service: Scripted, result: AttemptResult): Promise<AttemptResult> {
    const seen = service.calls.length;
    const pending = call(client);
    await settle();
    if (service.calls.length > seen) service.calls.at(-1)!.end(result);
    return await pending;
  }

  async function open(client: ServiceClient, service: Scripted): Promise<void> {
    for (let n = 0; n < 4; n++) await run(client, service, failed("transient"));
  }

  it("opens at the ratio of the window, and not before there are enough calls", async () => {
    const { client, service } = setUp({ circuitBreaker: BREAKER });
    for (const result of [failed("transient"), failed("unknown"), OK]) {
      assert.deepEqual(await run(client, service, result), result);
    }
    assert.deepEqual(await run(client, service, OK), OK);
    assert.equal(codeOf(await run(client, service, failed("transient"))), "http_503");
    const refused = await run(client, service, OK);
    assert.deepEqual(refused, {
      ok: false,
      failure: failure(
        "circuit_open",
        'Service "payments" is not called for another 30s. 3 of the last 5 calls failed, the last with http_503: it said http_503',
      ),
      class: "permanent",
      mayHaveActed: false,
      retryAfterMs: 30_000,
    });
    assert.equal(service.calls.length, 5);
  });

  it("does not count permanent answers as failures, nor cancelled calls and bad input at all", async () => {
    const { client, service } = setUp({ circuitBreaker: BREAKER });
    for (let n = 0; n < 5; n++) await run(client, service, failed("permanent", "http_404"));
    for (let n = 0; n < 9; n++) await run(client, service, failed("unknown", "cancelled"));
    for (let n = 0; n < 9; n++) await run(client, service, failed("permanent", "bad_input"));
    for (let n = 0; n < 4; n++) assert.equal(codeOf(await run(client, service, failed("transient"))), "http_503");
    assert.equal(codeOf(await run(client, service, failed("transient"))), "http_503");
    assert.equal(codeOf(await run(client, service, OK)), "circuit_open");
  });

  it("forgets calls that have left the window", async () => {
    const { client, service, clock } = setUp({ circuitBreaker: BREAKER });
    for (let n = 0; n < 3; n++) await run(client, service, failed("transient"));
    clock.advance(11_000);
    assert.equal(codeOf(await run(client, service, failed("transient"))), "http_503");
    assert.equal(codeOf(await run(client, service, OK)), "ok");
  });

  it("lets exactly one probe through, and closes when it works", async () => {
    const { client, service, clock } = setUp({ circuitBreaker: BREAKER });
    await open(client, service);
    clock.advance(29_999);
    assert.equal(codeOf(await call(client)), "circuit_open");
    clock.advance(1);
    const probe = call(client);
    const others = await Promise.all([call(client), call(client)]);
    assert.deepEqual(others.map(codeOf), ["circuit_open", "circuit_open"]);
    assert(!others[0]!.ok);
    assert.match(others[0]!.failure.message, /not called until a probe has come back/);
    service.calls.at(-1)!.end(failed("permanent", "http_404"));
    assert.equal(codeOf(await probe), "http_404");
    for (let n = 0; n < 3; n++) assert.equal(codeOf(await run(client, service, failed("transient"))), "http_503");
  });

  it("lets a call that undoes a step through at once, as the probe, and has another one come back soon", async () => {
    const { client, service } = setUp({ circuitBreaker: BREAKER });
    await open(client, service);
    const undo = async (): Promise<AttemptResult> =>
      await client.call(callRequest("POST /undo"), callContext({ isCompensation: true }));
    const seen = service.calls.length;
    const first = undo();
    const second = await undo();
    assert(!second.ok);
    assert.deepEqual([second.failure.code, second.retryable, second.retryAfterMs], ["circuit_open", true, 200]);
    service.calls.at(-1)!.end(OK);
    assert.equal(codeOf(await first), "ok");
    assert.equal(service.calls.length, seen + 1);
    assert.equal(codeOf(await run(client, service, OK)), "ok");
  });

  it("opens again when the probe fails, and tries another one when it was cancelled", async () => {
    const { client, service, clock } = setUp({ circuitBreaker: BREAKER });
    await open(client, service);
    clock.advance(30_000);
    await run(client, service, failed("unknown", "cancelled"));
    await run(client, service, failed("unknown", "timeout"));
    const refused = await run(client, service, OK);
    assert(!refused.ok);
    assert.equal(
      refused.failure.message,
      'Service "payments" is not called for another 30s. The probe failed with timeout: it said timeout',
    );
    clock.advance(30_000);
    assert.equal(codeOf(await run(client, service, OK)), "ok");
    assert.equal(codeOf(await run(client, service, OK)), "ok");
  });

  it("does not count answers to calls from before it opened", async () => {
    const { client, service, clock } = setUp({ circuitBreaker: BREAKER });
    const late = call(client);
    await open(client, service);
    clock.advance(500);
    service.calls[0]!.end(OK);
    assert.equal(codeOf(await late), "ok");
    assert.equal(codeOf(await run(client, service, OK)), "circuit_open");
  });

  it("counts a call once, though its client speaks again after it was given up", async () => {
    const { client, service, clock } = setUp({ circuitBreaker: BREAKER });
    const calls = [call(client), call(client)];
    clock.advance(1_000);
    clock.advance(250);
    assert.deepEqual((await Promise.all(calls)).map(codeOf), ["timeout", "timeout"]);
    for (const late of service.calls) late.end(failed("unknown"));
    await settle();
    assert.equal(codeOf(await run(client, service, OK)), "ok");
  });

  it("neither counts a call that was ended before it began, nor takes it for a probe", async () => {
    const { client, service, clock } = setUp({ circuitBreaker: BREAKER });
    await open(client, service);
    clock.advance(30_000);
    assert.equal(codeOf(await call(client, "s", AbortSignal.abort("timeout"))), "timeout");
    assert.equal(codeOf(await run(client, service, OK)), "ok");
  });

  it("says exactly how long it stays open, to the second from a second on", async () => {
    for (const [openForMs, told] of [[300, "300ms"], [1_500, "2s"]] as const) {
      const { client, service } = setUp({ circuitBreaker: { ...BREAKER, openForMs } });
      await open(client, service);
      const refused = await call(client);
      assert(!refused.ok);
      assert.match(refused.failure.message, new RegExp(`is not called for another ${told}\\.`));
    }
  });

  it("empties the queue in front of a service that it gives up", async () => {
    const { client, service } = setUp({ circuitBreaker: BREAKER, maxInFlight: 4 });
    const all = Array.from({ length: 10 }, () => call(client));
    await settle();
    for (const each of service.calls) each.end(failed("transient"));
    const codes = (await Promise.all(all)).map(codeOf);
    assert.deepEqual(codes, [...Array<string>(4).fill("http_503"), ...Array<string>(6).fill("circuit_open")]);
  });
});

describe("the bulkhead", () => {
  it("lets so many in, and the others in order", async () => {
    for (const config of [{ maxInFlight: 2 }, { poolSize: 2 }, { maxInFlight: 9, poolSize: 2 }]) {
      const { client, service } = setUp(config);
      const all = ["a", "b", "c", "d"].map((step) => call(client, step));
      await settle();
      assert.deepEqual(service.calls.map(({ step }) => step), ["a", "b"]);
      service.calls[1]!.end(OK);
      await all[1];
      await settle();
      assert.deepEqual(service.calls.map(({ step }) => step), ["a", "b", "c"]);
      for (const index of [0, 2]) service.calls[index]!.end(OK);
      await settle();
      service.calls[3]!.end(OK);
      assert.deepEqual((await Promise.all(all)).map(codeOf), ["ok", "ok", "ok", "ok"]);
    }
  });

  it("lets a waiting call leave, by either reason, with nothing sent", async () => {
    const { client, service } = setUp({ maxInFlight: 1 });
    const first = call(client, "a");
    for (const reason of ["timeout", "cancelled"] as const) {
      const stop = new AbortController();
      const waiting = call(client, "b", stop.signal);
      stop.abort(reason);
      const result = await waiting;
      assert(!result.ok);
      assert.deepEqual([result.failure.code, result.class, result.mayHaveActed], [reason, "transient", false]);
    }
    service.calls[0]!.end(OK);
    await first;
    const next = call(client, "c");
    await settle();
    service.calls[1]!.end(OK);
    assert.equal(codeOf(await next), "ok");
  });
});

describe("the rate limit", () => {
  it("spends the burst at once, and then goes at the rate, in order", async () => {
    const { client, service, clock } = setUp({ rateLimit: { perSecond: 10, burst: 2 } });
    const all = ["a", "b", "c", "d", "e"].map((step) => call(client, step));
    await settle();
    const order = (): string => service.calls.map(({ step }) => step).join("");
    assert.equal(order(), "ab");
    clock.advance(100);
    await settle();
    assert.equal(order(), "abc");
    clock.advance(200);
    await settle();
    assert.equal(order(), "abcde");
    for (const each of service.calls) each.end(OK);
    await Promise.all(all);
  });

  it("spends no token on a call that leaves", async () => {
    const { client, service, clock } = setUp({ rateLimit: { perSecond: 1, burst: 1 } });
    void call(client, "a");
    const stop = new AbortController();
    const leaving = call(client, "b", stop.signal);
    void call(client, "c");
    stop.abort("cancelled");
    assert.equal(codeOf(await leaving), "cancelled");
    clock.advance(1_000);
    await settle();
    assert.deepEqual(service.calls.map(({ step }) => step), ["a", "c"]);
  });
});
