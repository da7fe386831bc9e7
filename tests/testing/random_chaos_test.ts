import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import { createRuntime } from "../../src/runtime/create_runtime.ts";
import { runChaos } from "../../src/testing/chaos.ts";
import { fails, type Mock } from "../../src/testing/mod.ts";
import { randomProgram } from "../simulation/random_program.ts";

/** What the service of a random program answers. */
const ANSWER: JsonValue = { ok: true, of: 1, items: [1, 2] };

/** Seeds of programs of many kinds that are over soon. */
const SEEDS = [1, 9, 16];

describe("chaos on random workflows", () => {
  for (const seed of SEEDS) {
    it(`finds nothing wrong with that of seed ${seed}`, async () => {
      const { main, scripts, signals, cancelAt } = await randomProgram(String(seed));
      const refused = [...scripts].filter(([, { kind }]) => kind === "refuse").map(([id]) => `steps.${id}`);
      const mocks: Record<string, Mock> = { svc: ANSWER, "svc.Ask": { state: "none" } };
      for (const name of refused) mocks[name] = fails({ code: "refused" });
      const report = await runChaos({
        name: `seed ${seed}`,
        input: {},
        id: undefined,
        startAt: undefined,
        seed: String(seed),
        mocks,
        env: {},
        secrets: {},
        signals: signals.filter(({ workflow }) => workflow === "main")
          .flatMap(({ name, times }) => times.map((time) => ({ at: `${time}ms`, name, data: { n: 1 } }))),
        cancelAt: cancelAt === undefined ? undefined : `${cancelAt}ms`,
        expect: {},
      }, { workflow: main, runtime: await createRuntime() });
      const found = report.violations.map(({ fault, problems }) => `${fault}: ${problems.join("; ")}`);
      assert.deepEqual(found, []);
      assert.ok(report.faults > 0);
    });
  }
});
