import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MaestroError } from "../../src/base/errors.ts";
import { decodeTurn, encodeTurn } from "../../src/engine/journal_format.ts";
import type { Entry, JournalTurn } from "../../src/engine/journal.ts";

/** What JSON itself changes, such as minus zero, never reaches a journal: values are encoded before anything sees them. */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)));

const text = fc.string({ unit: "binary" });
const failure = fc.record({
  code: text,
  message: text,
  step: fc.option(text),
  status: fc.option(fc.nat(599)),
  details: json,
});

const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    type: fc.constant("run_started" as const),
    workflow: text,
    version: text,
    definition: text,
    input: json,
    env: fc.dictionary(text, fc.option(text)),
    seed: text,
    timeoutMs: fc.option(fc.nat()),
    endpoints: fc.dictionary(text, text),
  }),
  fc.record({ type: fc.constant("step_scheduled" as const), step: text, service: text, method: text, request: json }),
  fc.record({ type: fc.constant("step_completed" as const), step: text, output: json, attempts: fc.nat() }),
  fc.record({ type: fc.constant("step_unknown" as const), step: text, failure, attempts: fc.nat() }),
  fc.record({ type: fc.constant("signal_received" as const), name: text, data: json, id: text }),
  fc.record({ type: fc.constant("rollback_requested" as const), error: fc.option(failure) }),
  fc.record({ type: fc.constant("timer_set" as const), timer: text, due: fc.maxSafeInteger() }),
  fc.record({ type: fc.constant("log" as const), step: text, text }),
);

const turn = fc.record({ time: fc.maxSafeNat(), entries: fc.array(entry, { maxLength: 5 }) })
  .map((value) => JSON.parse(JSON.stringify(value)) as JournalTurn);

describe("encodeTurn()", () => {
  it("writes what decodeTurn() reads back to an equal turn", () => {
    fc.assert(fc.property(turn, (value) => assert.deepEqual(decodeTurn(encodeTurn(value)), value)));
  });

  it("writes the same text again for what was read back", () => {
    fc.assert(fc.property(turn, (value) => assert.equal(encodeTurn(decodeTurn(encodeTurn(value))), encodeTurn(value))));
  });

  it("refuses an entry that is too large, and says which step it is of", () => {
    const large = { type: "step_completed", step: "a/b", output: "ü".repeat(500), attempts: 1 } as const;
    const small = { ...large, output: "u".repeat(500) };
    const encode = (output: Entry): string => encodeTurn({ time: 0, entries: [output] }, { mostEntryBytes: 1_000 });
    assert.throws(() => encode(large), {
      code: "payload_too_large",
      details: { step: "a/b", bytes: 1_063, most: 1_000 },
    });
    assert.ok(encode(small).length > 500);
    const many = { time: 0, entries: [small, small, small] };
    assert.deepEqual(decodeTurn(encodeTurn(many, { mostEntryBytes: 1_000 })), many);
  });
});

describe("decodeTurn()", () => {
  const GOOD = encodeTurn({ time: 5, entries: [{ type: "timer_fired", timer: "t" }] });
  const BROKEN: readonly (readonly [text: string, message: RegExp])[] = [
    ["", /it is no JSON$/],
    [GOOD.slice(0, -1), /it is no JSON$/],
    ["[]", /it is no JSON object$/],
    ["{}", /its format has no number/],
    [GOOD.replace(":1,", ":0,"), /its format has no number/],
    [GOOD.replace(":1,", ':"1",'), /its format has no number/],
    [GOOD.replace(":5,", ':"5",'), /"time" is no number$/],
    ['{"format":1,"time":5,"entries":{}}', /"entries" is no list$/],
    ['{"format":1,"time":5,"entries":[null]}', /entry 1 cannot be read: it is no JSON object$/],
    ['{"format":1,"time":5,"entries":[{}]}', /entry 1 cannot be read: its type is missing$/],
    [GOOD.replace("timer_fired", "toString"), /its type is "toString"$/],
    [GOOD.replace('"timer"', '"time"'), /"timer" of "timer_fired" is not what it has to be$/],
    [GOOD.replace('"t"', "7"), /"timer" of "timer_fired" is not what it has to be$/],
  ];

  for (const [broken, message] of BROKEN) {
    it(`tells what is wrong with ${JSON.stringify(broken)}`, () => {
      assert.throws(() => decodeTurn(broken), (error) => {
        assert.ok(MaestroError.is(error, "store_corrupt"));
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("says that a later format needs a later release", () => {
    assert.throws(() => decodeTurn(GOOD.replace(":1,", ":2,"), 'Turn 1 of run "a"'), {
      code: "store_unavailable",
      message: 'Turn 1 of run "a" is written in format 2, and this release knows 1',
    });
  });
});
