import { SCHEMA_PARTS } from "../yaml/schema.ts";
import { closedMap, ref, type SchemaNode } from "../yaml/schema_node.ts";

const TEXT_MAP: SchemaNode = {
  title: "a map of texts",
  type: "object",
  additionalProperties: { type: "string", title: "a text" },
};

const TIME: SchemaNode = {
  title: "a duration or a time",
  type: "string",
  pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+|[0-9]{4}-[0-9]{2}-[0-9]{2}T.*)$",
  examples: ["1h"],
};

const ANSWER: Readonly<Record<string, SchemaNode>> = {
  returns: ref("value", "What the call answers. Beside `fails` with `times`: what it answers then."),
  fails: closedMap({
    code: { title: "an error code", description: "http_503, a gRPC code, or any other.", type: "string", minLength: 1 },
    message: { type: "string", description: "What went wrong, for people." },
    details: ref("value", "What expressions read as `.error.details`."),
    times: { description: "How many calls fail; without it all do.", type: "integer", minimum: 1 },
    class: {
      description: "What it says about the effect; without it, what the code says of a service.",
      enum: ["transient", "unknown", "permanent"],
    },
    retry_after: ref("duration", "The delay that the service asks for."),
  }, { title: "a map with a code", required: ["code"], examples: [{ code: "http_503" }] }),
  never: { description: "The call does not answer.", enum: [true] },
  sample: {
    title: "true or a JSON Schema",
    description: "A sample value: of what the gRPC method answers, or of a JSON Schema.",
    type: ["boolean", "object"],
  },
  delay: ref("duration", "How long the answer takes, in virtual time."),
};

const MOCK: SchemaNode = closedMap({
  ...ANSWER,
  sequence: {
    title: "a list of mocks",
    description: "One after the other, call by call; the last one answers all that follow.",
    type: "array",
    minItems: 1,
    items: closedMap(ANSWER, { title: "a mock", minProperties: 1 }),
  },
}, { title: "a mock", minProperties: 1, examples: [{ returns: { price: 3 } }] });

const MOCKS: SchemaNode = {
  title: "a map of mocks",
  description: "What answers in place of services: by `steps.ID`, `service.method`, `method` or `service`.",
  type: "object",
  additionalProperties: MOCK,
};

const CALL: SchemaNode = closedMap({
  name: { type: "string", description: "A name of the call, as that of a mock." },
  step: { type: "string", description: "The step's path." },
  service: { type: "string", description: "The service that is called." },
  method: ref("template", "The method as it is sent."),
  input: ref("value", "All of what is sent."),
  attempt: { type: "integer", minimum: 1, description: "Counts from 1." },
  compensation: { type: "boolean", description: "Whether the call undoes a step." },
  output: ref("value", "What it answered."),
  error: { type: "string", description: "The code of the error that it failed with." },
}, { title: "a call", minProperties: 1 });

const CALLS: SchemaNode = { title: "a list of calls", type: "array", items: CALL };
const STEPS: SchemaNode = { title: "a list of steps", type: "array", items: { type: "string", title: "a step" } };

const EXPECT: SchemaNode = closedMap({
  status: {
    description: "How the run ends; completed unless it or an error is given.",
    enum: ["completed", "failed", "compensated", "compensation_failed", "cancelled", "paused"],
  },
  output: ref("value", "All of the run's output."),
  error: closedMap({
    code: { type: "string", description: "The code." },
    message: { type: "string", description: "A part of the message." },
    step: { type: "string", description: "The path of the step that failed." },
    details: ref("value", "All of the details."),
  }, { title: "a map", description: "What the run fails with.", minProperties: 1 }),
  calls: {
    description: "Every call in its order, or by name how many there are, or what they are.",
    anyOf: [CALLS, {
      title: "a map of numbers or lists of calls",
      type: "object",
      additionalProperties: { anyOf: [{ type: "integer", title: "a number", minimum: 0 }, CALLS] },
    }],
  },
  compensated: { ...STEPS, description: "The steps that are undone, in the order in which that happens." },
  skipped: { ...STEPS, description: "The steps that are skipped, in any order." },
  duration: {
    description: "How long the run takes in virtual time.",
    anyOf: [
      ref("duration"),
      closedMap({
        at_least: ref("duration", "It takes as long, or longer."),
        at_most: ref("duration", "It takes no longer."),
      }, { title: "a map with at_least or at_most", minProperties: 1 }),
    ],
  },
}, { title: "a map", description: "What the case has to come to.", minProperties: 1 });

const SETTINGS: Readonly<Record<string, SchemaNode>> = {
  input: {
    title: "a map",
    description: "The run's input; a case's keys win over those of the defaults.",
    type: "object",
  },
  start_at: { ...TIME, title: "a time", description: "When virtual time begins.", examples: ["2025-01-01T00:00:00Z"] },
  seed: { type: ["string", "integer"], description: "What all randomness follows from.", title: "a text or a number" },
};

const CASE: SchemaNode = closedMap({
  name: {
    title: "a name",
    description: "Says what the case is about; unique in the file.",
    type: "string",
    minLength: 1,
  },
  description: { type: "string", description: "More about it, for people." },
  ...SETTINGS,
  id: { type: "string", description: "The run's id.", minLength: 1 },
  mocks: MOCKS,
  env: TEXT_MAP,
  secrets: TEXT_MAP,
  signals: {
    title: "a list of signals",
    description: "Signals that are sent to the run.",
    type: "array",
    items: closedMap({
      at: { ...TIME, description: "When it is sent: a time, or so long after the start." },
      name: { type: "string", title: "a name", description: "The signal's name.", minLength: 1 },
      data: ref("value", "What it brings."),
    }, { title: "a signal", required: ["at", "name"] }),
  },
  cancel_at: { ...TIME, description: "When the run is cancelled." },
  expect: EXPECT,
}, { title: "a case", required: ["name"] });

/** The JSON Schema of test files: what editors are given, and what they are checked against. */
export const TEST_SCHEMA: SchemaNode & { readonly $schema: string; readonly $defs: typeof SCHEMA_PARTS } = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "tests of a Maestro workflow",
  description: "Cases of a workflow that `maestro test` runs in virtual time, with mocks in place of services.",
  ...closedMap({
    workflow: {
      title: "a file",
      description: "The workflow, from this file's folder on.",
      type: "string",
      minLength: 1,
      examples: ["./workflow.yaml"],
    },
    description: { type: "string", description: "What is tested, for people." },
    defaults: closedMap(SETTINGS, {
      title: "a map",
      description: "What holds in every case that does not say otherwise.",
    }),
    mocks: MOCKS,
    env: { ...TEXT_MAP, description: "What env.NAME reads; what is missing has a placeholder." },
    secrets: { ...TEXT_MAP, description: "What secrets.NAME reads; what is missing has a placeholder." },
    cases: { title: "a list of cases", description: "The cases.", type: "array", items: CASE, minItems: 1 },
  }, { patternProperties: { "^x-": true }, required: ["workflow", "cases"] }),
  $defs: Object.fromEntries(["duration", "value", "template"].map((part) => [part, SCHEMA_PARTS[part]!])),
};
