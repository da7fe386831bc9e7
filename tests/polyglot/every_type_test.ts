import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningProgram } from "../../examples/launch.ts";
import { reasonToSkip } from "../examples/run_example.ts";
import { EVERYTHING, UNSET } from "./every_type.ts";
import { executeSteps, launchTypes } from "./run_types.ts";

const ECHO = `
  - service: types
    method: Echo
    input: "{{ .input.message }}"
    output: answer
`;

/** Sends a message through a workflow and gives what came back. */
async function echo(service: RunningProgram, message: unknown): Promise<Record<string, unknown>> {
  const run = await executeSteps(service.endpoint, ECHO, { input: { message } });
  assert.equal(run.exitCode, 0, run.error?.message);
  return run.output["answer"] as Record<string, unknown>;
}

const ECHO_EACH = `
  - foreach: "{{ .input.messages }}"
    steps:
      - { id: echo, service: types, method: Echo, input: "{{ .item }}", on_error: continue }
`;

/** Messages that are not sent, and what is said about them. */
const BAD = [
  [{ an_int32: 1.5 }, /an_int32/],
  [{ a_uint64: "18446744073709551616" }, /a_uint64/],
  [{ a_colour: "MAUVE" }, /a_colour/],
  [{ tree: { children: [{}, { lable: "x" }] } }, /tree\.children\[1\].*"lable".*did you mean "label"/],
  [{ chosen_int32: 1, chosen_text: "" }, /number_choice/],
  [{ a_timestamp: "yesterday" }, /a_timestamp/],
  [{ some_bytes: "%" }, /some_bytes/],
] as const;

/** A value without what canonical JSON may leave out, and with every number as text. */
function essence(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(essence);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).map(([name, member]) => [name, essence(member)] as const)
    .filter(([, member]) => !DEFAULTS.has(JSON.stringify(member)));
  return Object.fromEntries(kept);
}

const DEFAULTS = new Set(["null", '"0"', '""', "false", "[]", "{}", '"COLOUR_UNSPECIFIED"', '"LOW"']);

for (const language of ["go", "python"] as const) {
  const skip = reasonToSkip([language]) ?? false;

  describe(`a message of every type, to ${language} and back`, { timeout: 60_000 }, () => {
    let service: RunningProgram;
    before(async () => {
      if (skip === false) service = await launchTypes(language);
    });
    after(async () => {
      if (skip === false) await service.stop();
    });

    it("comes back equal", { skip }, async () => {
      assert.deepEqual(await echo(service, EVERYTHING), { ...EVERYTHING, ...UNSET });
      assert.deepEqual(essence(service.calls[0]?.input), essence(EVERYTHING), "the server reads the same in it");
    });

    it("comes back at its defaults when it is empty", { skip }, async () => {
      const answer = await echo(service, {});
      assert.equal(answer["a_string"], "");
      assert.equal(answer["a_uint64"], 0);
      assert.equal(answer["a_colour"], "COLOUR_UNSPECIFIED");
      assert.deepEqual(answer["packed_int32"], []);
      assert.deepEqual(answer["by_bool"], {});
      for (const name of ["a_leaf", "optional_zero", "chosen_text", "a_timestamp", "string_value", "any_leaf"]) {
        assert.equal(answer[name], null, name);
      }
    });

    it("keeps the other members of a oneof, JSON names, numbers of enums and 64-bit numbers", { skip }, async () => {
      const answer = await echo(service, {
        otherName: "by its JSON name",
        aString: "too",
        a_colour: 2,
        chosen_text: "",
        chosen_leaf: { name: "x" },
        an_int64: "5",
        a_double: "NaN",
        a_float: "-Infinity",
        a_timestamp: "2026-11-20T10:08:07+01:00",
      });
      const expected = {
        renamed: "by its JSON name",
        a_string: "too",
        a_colour: "GREEN",
        chosen_text: "",
        chosen_leaf: { name: "x", weight: 0 },
        an_int64: 5,
        a_double: "NaN",
        a_float: "-Infinity",
        a_timestamp: "2026-11-20T09:08:07Z",
      };
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, answer[name]])), expected);
    });

    it("is not sent at all when something in it does not fit", { skip }, async () => {
      const callsBefore = service.calls.length;
      const input = { messages: BAD.map(([message]) => message) };
      const run = await executeSteps(service.endpoint, ECHO_EACH, { input });
      const errors = run.steps.filter(({ id }) => id.endsWith("/echo")).map(({ error }) => error);
      assert.equal(errors.length, BAD.length);
      for (const [index, [, place]] of BAD.entries()) {
        assert.equal(errors[index]?.code, "bad_input");
        assert.match(errors[index]?.message ?? "", place);
      }
      assert.equal(service.calls.length, callsBefore);
    });
  });
}
