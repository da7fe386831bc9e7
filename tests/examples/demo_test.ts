import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";

import { commandOf, examplePath, type Program, PROGRAMS } from "../../examples/catalogue.ts";

describe("npm run demo", { timeout: 60_000 }, () => {
  it("shows a run that goes well, one that is rolled back, and one that is killed and goes on", () => {
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
    const [before = "", after = ""] = demo.stdout.split(/^ +── +kill -9, and maestro runs resume.*$/m);
    assert.match(before, /Charge +OK[^─]*$/);
    const calls = after.split("\n").flatMap((line) => /^ +\d+ +\w+ +(\S+ \/\w+|\w+) /.exec(line)?.[1] ?? []);
    assert.deepEqual(calls, ["POST /labels", "POST /pickups"]);
    assert.match(demo.stdout, /^\{"order":"order-3","paid":80,"pickup":"tomorrow"\}$/m);
  });
});
