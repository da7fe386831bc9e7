import { JSON_SCHEMA_SCHEMA } from "./schema_json_schema.ts";
import { closedMap, ref, type SchemaNode } from "./schema_node.ts";
import { SERVICE_SCHEMAS } from "./schema_service.ts";
import { STEP_SCHEMAS } from "./schema_step.ts";
import { VALUE_SCHEMAS } from "./schema_values.ts";

/** The document as a whole. */
const ROOT: SchemaNode = closedMap({
  name: {
    title: "a name",
    description: "The workflow's name.",
    type: "string",
    minLength: 1,
    examples: ["order_fulfilment"],
  },
  version: {
    title: "a version",
    description: "The workflow's version, for people and for pinning.",
    type: ["string", "number"],
    examples: ["1.0"],
  },
  description: { description: "What the workflow does, for people.", type: "string" },
  timeout: ref("duration", "Limit of the whole run, not counting compensation."),
  input_schema: ref("json_schema", "JSON Schema 2020-12 of the input; `default` values are filled in."),
  services: {
    title: "a map of services",
    description: "The services that steps call, by name.",
    type: "object",
    propertyNames: ref("name"),
    additionalProperties: ref("service"),
  },
  steps: ref("steps", "What the workflow does, in order."),
  output: ref("value", "The run's output. Without it: every `output` name that is visible at the end."),
  finally: ref("steps", "Steps that run at the very end, whatever happened; they see `.error` and `run.status`."),
  compensation: closedMap({
    order: {
      description: "Whether compensations run one after the other, last step first, or side by side.",
      enum: ["reverse", "parallel"],
      default: "reverse",
    },
  }, { title: "a map", description: "How a failed run is undone.", examples: [{ order: "reverse" }] }),
  durability: {
    description:
      "How safely a run is kept: sync survives a loss of power, async a crash of the process, none only lives in the process.",
    enum: ["sync", "async", "none"],
    default: "sync",
  },
}, {
  patternProperties: { "^x-": true },
  required: ["name", "steps"],
});

/** The named parts of the schema, which `#/$defs/…` references lead to. */
export const SCHEMA_PARTS: Readonly<Record<string, SchemaNode>> = {
  ...VALUE_SCHEMAS,
  ...SERVICE_SCHEMAS,
  ...Object.fromEntries(Object.entries(STEP_SCHEMAS).map(([kind, schema]) => [`${kind}_step`, schema])),
  step: {
    title: "a step",
    description: "One step; its kind follows from its keys.",
    anyOf: Object.keys(STEP_SCHEMAS).map((kind) => ref(`${kind}_step`)),
  },
  json_schema: JSON_SCHEMA_SCHEMA,
};

/** The JSON Schema of the workflow language: what editors are given, and what documents are checked against. */
export const WORKFLOW_SCHEMA: SchemaNode & { readonly $schema: string; readonly $defs: typeof SCHEMA_PARTS } = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "a Maestro workflow",
  description:
    "A workflow that calls services over gRPC and HTTP, retries, and undoes what was done when a step fails.",
  ...ROOT,
  $defs: SCHEMA_PARTS,
};
