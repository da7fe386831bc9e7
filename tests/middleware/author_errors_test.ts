import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dag, MaestroError, RetryableError, TerminalError } from "../../mod.ts";
import { failedBy } from "../../src/engine/attempt_error.ts";
import { runDocument, shop, withMaestro } from "./run_workflow.ts";

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

const THREE_TRIES = "retry: { attempts: 3, initial: 1ms, jitter: 0 }";

describe("TerminalError", () => {
  it("fails a step of a document for good: no other try, and surely no effect", async () => {
    let calls = 0;
    const Charge = (): never => {
      calls++;
      throw new TerminalError("There is no card", { code: "NO_CARD", details: { card: null } });
    };
    const { status, error, steps } = await runDocument(shop(`id: charge, method: Charge, ${THREE_TRIES}`), {
      functions: { shop: { Charge } },
    });
    assert.deepEqual([status, calls, steps[0]?.status], ["failed", 1, "failed"]);
    assert.deepEqual(error, {
      code: "NO_CARD",
      message: "There is no card",
      step: "charge",
      status: null,
      details: { card: null },
    });
  });

  it("means the same in an action of a DAG", async () => {
    let calls = 0;
    const once = dag("once", { version: "1" }).node("a").retry(3).action(() => {
      calls++;
      throw new TerminalError("No");
    }).build();
    const result = await withMaestro({}, async (maestro) => (await maestro.start(once, { input: {} })).result());
    assert.deepEqual([result.status, result.error?.code, calls], ["failed", "terminal", 1]);
    assert.deepEqual([...once.states(result).values()].map(({ status }) => status), ["failed"]);
  });

  it("is known by classes that extend it, and from another copy of the library", () => {
    class CardDeclined extends TerminalError {
      override readonly name = "CardDeclined";
    }
    const ofAnotherCopy = new Error("No");
    Object.defineProperty(ofAnotherCopy, Symbol.for("maestro.author_error"), { value: "terminal" });
    for (const error of [new CardDeclined("No"), ofAnotherCopy]) {
      assert(TerminalError.is(error));
      assert(!RetryableError.is(error));
      assert.deepEqual([failedBy(error).class, failedBy(error).mayHaveActed], ["permanent", false]);
    }
    assert.deepEqual(failedBy(new CardDeclined("No")).failure.details, { name: "CardDeclined" });
  });
});

describe("RetryableError", () => {
  it("asks for another try after its own delay, whatever the policy's is", async () => {
    const tries: number[] = [];
    const { status, output, steps } = await runDocument(
      `${shop("id: report, method: Report, output: r, retry: { attempts: 2, initial: 1h }")}output: "{{ .r }}"\n`,
      {
        functions: {
          shop: {
            Report: (_input, { attempt }) => {
              tries.push(attempt);
              if (attempt === 1) throw new RetryableError("Not ready", { retryAfter: "2ms" });
              return "ready";
            },
          },
        },
      },
    );
    assert.deepEqual([status, output, tries, steps[0]?.attempts], ["completed", "ready", [1, 2], 2]);
  });

  it("leaves nothing unknown where no try is left", async () => {
    const { status, error, steps } = await runDocument(shop("id: report, method: Report"), {
      functions: { shop: { Report: thrower(new RetryableError("Not ready", { code: "NOT_READY" })) } },
    });
    assert.deepEqual([status, error?.code, steps[0]?.status], ["failed", "NOT_READY", "failed"]);
  });

  it("refuses a delay that is none", () => {
    for (const retryAfter of ["soon", -1, Number.NaN]) {
      assert.throws(() => new RetryableError("x", { retryAfter }), (error) => MaestroError.is(error, "usage"));
    }
  });
});

describe("any other error", () => {
  it("is of unknown effect; its code and details are kept, else the name of its class", () => {
    class OutOfStock extends Error {}
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    const cases: readonly (readonly [unknown, string, unknown])[] = [
      [new Error("x"), "UNKNOWN", null],
      [new TypeError("x"), "UNKNOWN", null],
      ["x", "UNKNOWN", null],
      [Object.assign(new Error("x"), { name: "AttemptError", attempt: 2 }), "UNKNOWN", { name: "AttemptError" }],
      [new OutOfStock("x"), "UNKNOWN", { name: "OutOfStock" }],
      [Object.assign(new Error("x"), { name: "Gone" }), "UNKNOWN", { name: "Gone" }],
      [Object.assign(new OutOfStock("x"), { code: "EMPTY", details: { left: 0 } }), "EMPTY", { left: 0 }],
      [Object.assign(new Error("x"), { code: 7, details: cyclic }), "UNKNOWN", null],
    ];
    for (const [thrown, code, details] of cases) {
      const { failure, class: sorted, mayHaveActed } = failedBy(thrown);
      assert.deepEqual([failure.code, failure.details, sorted, mayHaveActed], [code, details, "unknown", true]);
    }
  });
});
