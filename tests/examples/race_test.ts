import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertShownIn, runExample, summary } from "./run_example.ts";

describe("examples/race_couriers", { timeout: 60_000 }, () => {
  it("takes the fastest and undoes the others", async () => {
    const run = await runExample("race_couriers");
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(JSON.parse(run.stdout), { courier: "swift", booking: "swift-1" });
    assertShownIn("race_couriers", run.stdout);
    const calls = summary(run.calls);
    assert.deepEqual(calls.slice(0, 3), [
      "couriers POST /swift/bookings → 200",
      "couriers POST /robin/bookings → 200",
      "couriers POST /snail/bookings → 200",
    ]);
    assert.deepEqual(calls.slice(3).sort(), [
      "couriers DELETE /robin/bookings/robin-2 → 204",
      "couriers DELETE /snail/bookings/snail-3 → 204",
    ]);
  });
});
