import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { AttemptError, dag, type Middleware, type NodeMiddleware, RetryableError, TerminalError } from "../../mod.ts";
import { untilAborted } from "../dag/run_dag.ts";
import { runDocument, shop, withMaestro } from "./run_workflow.ts";

const UNDOABLE = [
  "id: reserve, method: Reserve, input: { item: tea }, compensate: { method: Release, input: { item: tea } }",
  "id: pay, method: Pay",
];

async function withServer<T>(answer: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A document with one step that calls an HTTP service. */
function web(url: string, step: string): string {
  return `name: web\nservices:\n  api: { type: http, endpoint: "${url}" }\nsteps:\n  - { id: call, service: api, ${step}, output: r }\noutput: "{{ .r }}"\n`;
}

describe("createMaestro({ middleware })", () => {
  it("surrounds steps and compensations of a document, and sees what they are", async () => {
    const seen: unknown[] = [];
    const watch: Middleware = async (call, next) => {
      const { workflow, step, service, method, input, attempt, isCompensation, context, log } = call;
      seen.push([workflow, step, service, method, input, attempt, isCompensation, context]);
      log(`${method}!`);
      assert.match(call.idempotencyKey, new RegExp(`:${step}$`));
      return await next();
    };
    const { status, rollback, lines } = await runDocument(shop(...UNDOABLE), {
      middleware: [watch],
      functions: {
        shop: {
          Reserve: () => 1,
          Release: () => 2,
          Pay: () => {
            throw new TerminalError("No money");
          },
        },
      },
    });
    assert.deepEqual([status, rollback.undone], ["compensated", ["reserve"]]);
    assert.deepEqual(seen, [
      ["order", "reserve", "shop", "Reserve", { item: "tea" }, 1, false, {}],
      ["order", "pay", "shop", "Pay", null, 1, false, {}],
      ["order", "reserve/compensate", "shop", "Release", { item: "tea" }, 1, true, {}],
    ]);
    assert.deepEqual(lines, ["reserve: Reserve!", "pay: Pay!", "reserve/compensate: Release!"]);
  });

  it("gives each attempt an input of its own, without secrets", async () => {
    const inputs: unknown[] = [];
    const spoil: Middleware = (call, next) => {
      inputs.push(structuredClone(call.input));
      Object.assign(call.input as object, { item: "spoilt" });
      return next();
    };
    const received: unknown[] = [];
    await runDocument(
      shop('id: a, method: Do, input: { item: tea, key: "{{ secrets.KEY }}" }, retry: { attempts: 2, initial: 1ms }'),
      {
        middleware: [spoil],
        secrets: () => "s3cret",
        functions: {
          shop: {
            Do: (input, { attempt }) => {
              received.push(input);
              if (attempt === 1) throw new Error("again");
            },
          },
        },
      },
    );
    const sent = { item: "tea", key: "s3cret" };
    assert.deepEqual(received, [sent, sent]);
    const shown = { item: "tea", key: "{{ secrets.KEY }}" };
    assert.deepEqual(inputs, [shown, shown]);
  });

  it("surrounds calls over HTTP; an error that is thrown on is what it was", async () => {
    let requests = 0;
    const errors: unknown[] = [];
    const watch: Middleware = async (_call, next) => {
      try {
        return await next();
      } catch (error) {
        assert(AttemptError.is(error));
        errors.push([error.code, error.status, error.class, error.details, error.retryAfterMs]);
        throw error;
      }
    };
    await withServer((_request, response) => {
      requests++;
      response.writeHead(503, { "retry-after": "0", "content-type": "application/json" }).end('{"busy":true}');
    }, async (url) => {
      const text = web(url, "method: POST /orders, input: { item: tea }, retry: { attempts: 2, initial: 1h }");
      const plain = await runDocument(text, {});
      const watched = await runDocument(text, { middleware: [watch] });
      assert.deepEqual([watched.error, watched.rollback], [plain.error, plain.rollback]);
      assert.equal(plain.error?.code, "http_503");
    });
    assert.equal(requests, 4);
    assert.deepEqual(errors, Array(2).fill(["http_503", 503, "transient", { busy: true }, 0]));
  });

  it("may swallow an error, answer itself, change an output, and call again", async () => {
    await withServer((_request, response) => response.writeHead(404).end(), async (url) => {
      const orNothing: Middleware = async (_call, next) => {
        try {
          return await next();
        } catch (error) {
          if (AttemptError.is(error) && error.status === 404) return { found: false, at: new Date(0) };
          throw error;
        }
      };
      const { status, output } = await runDocument(web(url, "method: GET /orders/1"), { middleware: [orNothing] });
      assert.deepEqual([status, output], ["completed", { found: false, at: "1970-01-01T00:00:00.000Z" }]);
    });
    const twice: Middleware = async (_call, next) => `${await next()}${await next()}`;
    const mock: Middleware = () => "mock";
    const answered = await runDocument(`${shop("id: a, method: Never, output: r")}output: "{{ .r }}"\n`, {
      middleware: [twice, mock],
    });
    assert.deepEqual([answered.status, answered.output], ["completed", "mockmock"]);
  });

  it("fails the attempt with what it throws itself, which cannot undo what the call did", async () => {
    const text = shop("id: a, method: Do");
    const functions = { shop: { Do: () => 1 } };
    const before = (error: Error): Middleware => () => {
      throw error;
    };
    const after = (error: Error): Middleware => async (_call, next) => {
      await next();
      throw error;
    };
    const cases: readonly (readonly [Middleware, string, boolean])[] = [
      [before(new TerminalError("x")), "terminal", false],
      [before(new RetryableError("x")), "retryable", false],
      [before(new Error("x")), "UNKNOWN", true],
      [after(new TerminalError("x")), "terminal", true],
      [after(new RetryableError("x")), "retryable", true],
    ];
    for (const [middleware, code, isUnknown] of cases) {
      const { status, error, steps } = await runDocument(text, { functions, middleware: [middleware] });
      assert.deepEqual([status, error?.code, steps[0]?.status], ["failed", code, isUnknown ? "unknown" : "failed"]);
    }
  });

  it("stands around the middleware of a DAG, and that around the middleware of a node", async () => {
    const trace: string[] = [];
    const named = (name: string): Middleware => async ({ isCompensation }, next) => {
      trace.push(`${name}${isCompensation ? "!" : ""}(`);
      try {
        return await next();
      } finally {
        trace.push(")");
      }
    };
    const inner: NodeMiddleware = named("N");
    const traced = dag("traced", { version: "1" }).use(named("D"))
      .node("x").use(inner).action(() => {
        trace.push("x");
      }).compensate(() => trace.push("undo"))
      .node("y").dependsOn("x").action(() => {
        throw new TerminalError("No");
      })
      .build();
    const result = await withMaestro(
      { middleware: [named("A"), named("B")] },
      async (maestro) => (await maestro.start(traced, { input: {} })).result(),
    );
    assert.deepEqual([result.status, result.error?.code], ["compensated", "terminal"]);
    assert.equal(trace.join(""), "A(B(D(N(x))))" + "A(B(D()))" + "A!(B!(D!(N!(undo))))");
  });
});

describe("the end of an attempt", () => {
  it("reaches middleware that hangs, before and after the call", async () => {
    const hang: Middleware = ({ signal }) => new Promise(() => signal.addEventListener("abort", () => undefined));
    const hangAfter: Middleware = async (_call, next) => {
      await next();
      return await new Promise(() => undefined);
    };
    for (const middleware of [hang, hangAfter]) {
      const { status, error, steps } = await runDocument(shop("id: a, method: Do, attempt_timeout: 5ms"), {
        middleware: [middleware],
        functions: { shop: { Do: () => 1 } },
      });
      assert.deepEqual([status, error?.code, steps[0]?.status], ["failed", "timeout", "unknown"]);
    }
  });

  it("ends the call inside by the attempt's own limit, and is a failure of its kind", async () => {
    const seen: unknown[] = [];
    const watch: Middleware = async ({ signal }, next) => {
      try {
        return await next();
      } catch (error) {
        seen.push([(error as AttemptError).code, signal.aborted, signal.reason]);
        throw error;
      }
    };
    const { error } = await runDocument(shop("id: a, method: Do, attempt_timeout: 5ms"), {
      middleware: [watch],
      functions: { shop: { Do: (_input, { signal }) => untilAborted(signal) } },
    });
    assert.equal(error?.code, "timeout");
    assert.deepEqual(seen, [["timeout", true, "timeout"]]);
  });

  it("comes with the cancellation of the run", async () => {
    const { promise: waiting, resolve: wait } = Promise.withResolvers<void>();
    const hang: Middleware = ({ signal }) => {
      wait();
      return untilAborted(signal);
    };
    const { status } = await runDocument(shop("id: a, method: Do"), { middleware: [hang] }, (cancel) => {
      void waiting.then(cancel);
    });
    assert.equal(status, "cancelled");
  });

  it("ends calls that a middleware has left behind, and lets it make no others", async () => {
    const ended: string[] = [];
    const { promise: late, resolve: isLate } = Promise.withResolvers<unknown>();
    const leave: Middleware = (_call, next) => {
      void next();
      setTimeout(() => next().catch(isLate), 1);
      return "gone";
    };
    const { status } = await runDocument(shop("id: a, method: Do"), {
      middleware: [leave],
      functions: {
        shop: {
          Do: (_input, { signal }) => untilAborted(signal).catch(() => ended.push(String(signal.reason))),
        },
      },
    });
    assert.equal(status, "completed");
    assert.deepEqual(ended, ["cancelled"]);
    assert.match(String(await late), /next\(\) was called after its middleware had ended/);
  });

  it("lets a middleware end one call and make another", async () => {
    const impatient: Middleware = async (_call, next) => {
      try {
        return await next({ signal: AbortSignal.timeout(2) });
      } catch {
        return await next();
      }
    };
    let calls = 0;
    const { status, output } = await runDocument(`${shop("id: a, method: Do, output: r")}output: "{{ .r }}"\n`, {
      middleware: [impatient],
      functions: { shop: { Do: (_input, { signal }) => ++calls === 1 ? untilAborted(signal) : "second" } },
    });
    assert.deepEqual([status, output], ["completed", "second"]);
  });
});
