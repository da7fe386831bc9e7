import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import type { AttemptResult } from "../../src/engine/service.ts";
import { createFunctionAdapter, type ServiceFunction } from "../../src/services/function/adapter.ts";
import { callContext } from "../servers/call_context.ts";
import { callRequest, httpConfig } from "../servers/http_call.ts";

async function call(fn: ServiceFunction, input?: JsonValue): Promise<AttemptResult> {
  const client = createFunctionAdapter({ payments: { Do: fn } }).open(httpConfig("local"));
  return await client.call(callRequest("Do", { input }), callContext());
}

describe("functions as services", () => {
  it("call() hands over a copy of the input, which the function may change", async () => {
    const input = JSON.parse('{"list":[{"deep":1}],"__proto__":{"own":true}}') as JsonValue;
    const before = JSON.stringify(input);
    const result = await call((value) => {
      assert.deepEqual(value, input);
      const given = value as { list: unknown[] };
      (given.list[0] as { deep: number }).deep = 2;
      given.list.push(3);
      Object.assign(Object.getOwnPropertyDescriptor(given, "__proto__")!.value, { own: false });
    }, input);
    assert.deepEqual(result, { ok: true, output: null });
    assert.equal(JSON.stringify(input), before);
  });

  it("call() takes what a function gives at once, or by a promise", async () => {
    for (const result of [7, Promise.resolve(7)]) assert.deepEqual(await call(() => result), { ok: true, output: 7 });
    assert.deepEqual(await call(() => ({ at: new Date(0), gone: undefined })), {
      ok: true,
      output: { at: "1970-01-01T00:00:00.000Z" },
    });
  });

  it("call() makes an unknown attempt of what a function throws, at once or later", async () => {
    const error = Object.assign(new Error("no room"), { code: "FULL" });
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    const throwing = (): never => {
      throw error;
    };
    for (const fn of [throwing, () => Promise.reject(error)]) {
      const result = await call(fn);
      assert(!result.ok);
      assert.deepEqual([result.failure.code, result.failure.message], ["FULL", "no room"]);
      assert.deepEqual([result.class, result.mayHaveActed], ["unknown", true]);
    }
    const result = await call(() => cyclic);
    assert.equal(!result.ok && result.failure.code, "not_json");
  });

  it("call() takes nothing that comes after time is up for an answer", async () => {
    const slow = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve("half done"), 1));
    const client = createFunctionAdapter({ payments: { Do: slow } }).open(httpConfig("local"));
    const context = callContext();
    const pending = client.call(callRequest("Do"), context);
    context.abort("timeout");
    const result = await pending;
    assert(!result.ok);
    assert.deepEqual([result.failure.code, result.class, result.mayHaveActed], ["timeout", "unknown", true]);
  });

  it("call() says which functions there are", async () => {
    const client = createFunctionAdapter({ payments: { Do: () => 1 } }).open(httpConfig("local"));
    const result = await client.call(callRequest("Undo"), callContext());
    assert(!result.ok);
    assert.deepEqual([result.failure.code, result.mayHaveActed], ["no_such_method", false]);
    assert.match(result.failure.message, /it has: Do/);
  });
});
