import { ref, type SchemaNode } from "./schema_node.ts";

/** A name that expressions can read. Words that CEL reserves are refused by the check of names. */
const IDENTIFIER_PATTERN = "^[A-Za-z_][A-Za-z0-9_]*$";

/** The small parts that the language is made of, by name. */
export const VALUE_SCHEMAS: Readonly<Record<string, SchemaNode>> = {
  duration: {
    title: "a duration",
    description: "A duration as Go writes it: 500ms, 30s, 1h30m.",
    type: "string",
    pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$",
    examples: ["30s"],
  },
  name: {
    title: "a name",
    description: "Letters, digits and underscores, not beginning with a digit.",
    type: "string",
    pattern: IDENTIFIER_PATTERN,
    examples: ["user"],
  },
  step_id: {
    title: "an id",
    description: "Letters, digits, dots, dashes and underscores.",
    type: "string",
    pattern: "^[A-Za-z0-9_.-]+$",
    examples: ["create_user"],
  },
  size: {
    title: "a size",
    description: "Bytes, or a size such as 20MiB.",
    type: ["integer", "string"],
    pattern: "^[0-9]+([KMG]?B|[KMG]iB)$",
    minimum: 1,
    examples: ["20MiB"],
  },
  value: {
    title: "a value",
    description: "Any value; texts in it may hold templates: {{ … }}.",
  },
  template: {
    title: "a text or a template",
    description: "A text that may hold templates: {{ … }}.",
    type: "string",
  },
  condition: {
    title: "a condition",
    description: "A template, a bare expression, or true or false. Null counts as false.",
    type: ["string", "boolean"],
    examples: ["{{ .input.amount > 100 }}"],
  },
  steps: {
    title: "a list of steps",
    description: "Steps, run one after the other.",
    type: "array",
    items: ref("step"),
    minItems: 1,
  },
  error_codes: {
    title: "a list of error codes",
    description:
      "http_<status>, http_5xx, gRPC codes, Maestro's own codes, and the classes transient, unknown, permanent.",
    type: "array",
    items: { type: "string", title: "an error code", examples: ["http_503"] },
  },
  headers: {
    title: "a map of headers",
    description: "Names and values; values may be templates. Null removes a header of the service.",
    type: "object",
    additionalProperties: {
      title: "a header's value",
      type: ["string", "number", "boolean", "null", "array"],
      examples: ["Bearer {{ secrets.TOKEN }}"],
    },
  },
};

/** The keys of `retry`, and of a `repeat`'s `every` written as a map. */
export const BACKOFF_PROPERTIES: Readonly<Record<string, SchemaNode>> = {
  backoff: {
    description: "How the delay grows: exponential (initial × factor^n), linear (initial × n) or constant.",
    enum: ["exponential", "linear", "constant"],
    default: "exponential",
  },
  initial: { ...ref("duration", "The first delay."), default: "1s" },
  factor: { description: "What each delay is multiplied by.", type: "number", minimum: 1, default: 2 },
  max: { ...ref("duration", "The longest delay."), default: "30s" },
  jitter: {
    description: "The share of the delay by which it may vary either way.",
    type: "number",
    minimum: 0,
    maximum: 1,
    default: 0.2,
  },
};
