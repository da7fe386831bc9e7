import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { roughDuration } from "../../src/base/duration.ts";
import { MaestroError } from "../../src/base/errors.ts";
import { parseMoment, parseSpan } from "../../src/cli/moments.ts";

describe("parseSpan()", () => {
  it("reads days in front of a duration", () => {
    assert.equal(parseSpan("30d"), 30 * 86_400_000);
    assert.equal(parseSpan("1d12h"), 36 * 3_600_000);
    assert.equal(parseSpan("90m"), 5_400_000);
    for (const wrong of ["30", "d", "1.5d", "-1d", "1d2", "2h1d", ""]) assert.equal(parseSpan(wrong), undefined, wrong);
  });
});

describe("parseMoment()", () => {
  const now = Date.UTC(2026, 2, 1);

  it("reads times and how long ago they were", () => {
    assert.equal(parseMoment("--since", "2h", now), now - 7_200_000);
    assert.equal(parseMoment("--since", "2026-02-28T23:00:00Z", now), now - 3_600_000);
    assert.equal(parseMoment("--since", "2026-03-01t01:00+01:00", now), now);
    assert.equal(parseMoment("--since", "2026-03-01", now), now);
  });

  it("refuses everything else, naming the flag", () => {
    for (const wrong of ["yesterday", "2026-13-01", "2026-03-01T10:00:00", "1", ""]) {
      assert.throws(
        () => parseMoment("--since", wrong, now),
        (error) => MaestroError.is(error, "usage") && error.message.startsWith("--since must be a time"),
        wrong,
      );
    }
  });
});

describe("roughDuration()", () => {
  it("gives two units at most", () => {
    const cases: readonly [number, string][] = [
      [0, "0ms"],
      [250.4, "250ms"],
      [1_999, "1.9s"],
      [192_000, "3m12s"],
      [180_000, "3m"],
      [18_180_000, "5h3m"],
      [1_051_200_000, "12d4h"],
      [-5, "0ms"],
    ];
    for (const [ms, text] of cases) assert.equal(roughDuration(ms), text);
  });
});
