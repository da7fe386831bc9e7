import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runYaml } from "./run_yaml.ts";

function workflow(durability: string): string {
  return `name: keys
durability: ${durability}
services:
  svc: { type: function, endpoint: local }
steps:
  - service: svc
    method: Guess
    output: guess
  - id: pay
    service: svc
    method: Pay
    input: { amount: "{{ .guess }}", key: "{{ .idempotency_key }}" }
`;
}

describe("idempotency keys", () => {
  it("of durability async change with what is sent: after a loss of power it may be something else", async () => {
    const keys = new Set<string>();
    for (const guess of [1, 2]) {
      const { calls } = await runYaml(workflow("async"), { Guess: () => guess });
      const pay = calls.find(({ method }) => method === "Pay")!;
      assert.match(pay.key, /:pay:[0-9a-f]{16}$/);
      assert.equal((pay.input as { key: string }).key, pay.key, "expressions read the key that is sent");
      keys.add(pay.key.slice(-16));
    }
    assert.equal(keys.size, 2);
  });

  it("of durability sync are the run and the path alone", async () => {
    const { calls } = await runYaml(workflow("sync"), { Guess: () => 1 });
    const pay = calls.find(({ method }) => method === "Pay")!;
    assert.match(pay.key, /:pay$/);
    assert.equal((pay.input as { key: string }).key, pay.key);
  });
});
