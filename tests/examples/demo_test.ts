import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";

import { commandOf, examplePath, type Program, PROGRAMS } from "../../examples/catalogue.ts";

describe("npm run demo", { timeout: 60_000 }, () => {
  it("shows a run that goes well and one that is rolled back", () => {
    const [node] = commandOf(PROGRAMS["inventory"] as Program);
    const demo = spawnSync(node, [examplePath("../scripts/demo.ts")], {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    assert.equal(demo.status, 0, demo.stdout + demo.stderr);
    const undoCalls = demo.stdout.split("\n").filter((line) => line.includes("↩")).map((line) => line.trim());
    assert.deepEqual(undoCalls.map((line) => line.split("↩ undoes ")[1]), [
      "print_label",
      "charge_card",
      "reserve_stock",
    ]);
    assert.match(demo.stdout, /^\{"order":"order-1","paid":80,"pickup":"tomorrow"\}$/m);
    assert.match(demo.stdout, /↻ the same call again/);
  });
});
