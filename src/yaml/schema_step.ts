import { closedMap, ref, type SchemaNode } from "./schema_node.ts";
import { BACKOFF_PROPERTIES } from "./schema_values.ts";
import { WAITING_KINDS } from "./schema_waiting.ts";
import type { StepKind } from "./step_kind.ts";

const COMMON: Readonly<Record<string, SchemaNode>> = {
  id: ref("step_id", "The step's id, unique in the whole workflow; `steps.<id>` reads its outcome."),
  description: { description: "What the step does, for people.", type: "string" },
  when: ref("condition", "The step is skipped unless this holds."),
  output: ref("name", "The name under which later steps read this step's output."),
  timeout: ref("duration", "Limit of the whole step: attempts, delays and queueing."),
  on_error: {
    description: "What to do when the step has failed after its retries: `continue`, or steps that see `.error`.",
    anyOf: [{ const: "continue" }, ref("steps")],
  },
  depends_on: {
    description: "In a dag: ids of the steps that this one waits for, beside those that its expressions read.",
    type: "array",
    items: ref("step_id"),
  },
};

const REQUEST: Readonly<Record<string, SchemaNode>> = {
  service: {
    title: "a service's name",
    description: "The service to call, by its name under `services`.",
    type: "string",
    examples: ["auth"],
  },
  method: {
    ...ref(
      "template",
      'gRPC: CreateUser or auth.v1.AuthService/CreateUser. HTTP: "POST /users", "/users" (POST), or a name.',
    ),
    examples: ["POST /users/{{ .user.id }}"],
  },
  input: ref("value", "The gRPC request, or the HTTP query (GET, HEAD, DELETE) or JSON body (others)."),
  query: { title: "a map or a template", description: "HTTP: the query.", type: ["object", "string"] },
  body: ref("value", "HTTP: the body."),
  encoding: {
    description: "HTTP: how the body is written.",
    enum: ["json", "form", "multipart", "text", "binary"],
    default: "json",
  },
  headers: ref("headers", "HTTP headers of this call, over those of the service."),
  metadata: ref("headers", "gRPC metadata of this call, over that of the service."),
  expect: {
    title: "a list of statuses or codes",
    description: "Answers that complete the call: 2xx and 404, or OK and NOT_FOUND.",
    type: "array",
    items: { title: "a status or a code", type: ["string", "integer"] },
    minItems: 1,
    examples: [["2xx", 404]],
  },
  response: {
    description: "`full` gives status, headers and body (gRPC: code, message, metadata, trailers and body).",
    enum: ["full"],
  },
  stream: closedMap({
    max: { description: "Most messages to take.", type: "integer", minimum: 1, default: 10_000 },
    until: ref("condition", "Closes the stream once it holds; sees `item` and `index`."),
  }, { title: "a map", description: "gRPC: when a server stream is complete." }),
  attempt_timeout: ref("duration", "Limit of each attempt; replaces the service's `timeout`."),
  retry: ref("retry"),
};

const RECONCILE: SchemaNode = closedMap({
  ...REQUEST,
  done: {
    ...ref("condition", "Whether the step took effect. Sees the `answer`: null after 404, 410 and NOT_FOUND."),
    examples: ["{{ .answer.state == 'done' }}"],
  },
  output: ref("value", "The step's output then; sees the `answer`. Without it, the answer itself."),
}, {
  title: "a map with a call and `done`",
  description: "Asks the service whether an attempt of unknown outcome took effect, before a retry and before an undo.",
  required: ["method", "done"],
});

const COMPENSATE: SchemaNode = closedMap({
  ...REQUEST,
  when: ref("condition", "Undo only if this holds."),
  on_unknown: {
    description: "Undo also when nobody knows whether the step took effect.",
    type: "boolean",
    default: false,
  },
  reconcile: RECONCILE,
}, {
  title: "a map with the call that undoes the step",
  description: "The call that undoes this one when the run fails later.",
  required: ["method"],
});

const CONCURRENCY: Readonly<Record<string, SchemaNode>> = {
  max_concurrency: { description: "Most steps (or iterations) at a time.", type: "integer", minimum: 1 },
  fail_fast: {
    description: "Whether the first failure cancels the others. With false they finish, and then the block fails.",
    type: "boolean",
    default: true,
  },
};

const COLLECT = ref("value", "What each iteration or round adds to the list that is the output.");

const REPEAT: SchemaNode = closedMap({
  until: ref("condition", "Read after each round; ends the loop once it holds."),
  every: {
    description: "The wait between two rounds: a duration, or a map of backoff settings.",
    anyOf: [ref("duration"), closedMap(BACKOFF_PROPERTIES, { title: "a map of backoff settings" })],
    examples: ["5s"],
  },
  max: {
    description: "Most rounds; then the step fails with repeat_exhausted.",
    type: "integer",
    minimum: 1,
    default: 100,
  },
}, {
  title: "a map with `until`",
  description: "Runs `steps` round after round until a condition holds.",
  required: ["until"],
});

const BRANCH: SchemaNode = closedMap({
  when: ref("condition", "Takes this branch if it holds; the last branch may do without."),
  steps: ref("steps"),
}, { title: "a branch with `when` and `steps`", required: ["steps"] });

const FAIL: SchemaNode = {
  description: "Fails with a code of the workflow's own. `{{ .error }}` passes an error on.",
  anyOf: [
    { type: "string", title: "a template such as {{ .error }}", pattern: "^\\s*\\{\\{" },
    closedMap({
      code: ref("template", "A code of the workflow's own, such as out_of_stock."),
      message: ref("template", "What happened, for people."),
      details: ref("value", "More about it."),
    }, { title: "a map with `code` and `message`", required: ["code", "message"] }),
  ],
};

/** The keys of each kind beside those that every step may have. */
const KINDS: Readonly<
  Record<
    StepKind,
    {
      readonly keys: Readonly<Record<string, SchemaNode>>;
      readonly required: readonly string[];
      readonly description: string;
    }
  >
> = {
  call: {
    description: "Calls a service.",
    keys: {
      ...REQUEST,
      compensate: COMPENSATE,
      reconcile: RECONCILE,
      pivot: {
        description: "The point of no return: once it has completed, nothing before or after it is undone.",
        type: "boolean",
        default: false,
      },
      at_most_once: {
        description: "Never called again where it may have taken effect, also not after a crash.",
        type: "boolean",
        default: false,
      },
    },
    required: ["service", "method"],
  },
  parallel: {
    description: "Runs its steps side by side.",
    keys: { parallel: ref("steps", "Steps that run side by side."), ...CONCURRENCY },
    required: ["parallel"],
  },
  dag: {
    description: "Runs each step as soon as what it depends on is done.",
    keys: {
      dag: ref("steps", "Steps that wait for what they name in `depends_on` and for what they read."),
      ...CONCURRENCY,
    },
    required: ["dag"],
  },
  foreach: {
    description: "Runs its steps once for each item of a list.",
    keys: {
      foreach: {
        title: "a list or a template",
        description: "The list.",
        type: ["string", "array"],
        examples: ["{{ .input.items }}"],
      },
      as: { ...ref("name", "The name of the item inside."), default: "item" },
      steps: ref("steps"),
      collect: COLLECT,
      max_concurrency: { ...CONCURRENCY["max_concurrency"], default: 1 },
      fail_fast: CONCURRENCY["fail_fast"]!,
    },
    required: ["foreach", "steps"],
  },
  switch: {
    description: "Takes the first branch whose condition holds.",
    keys: { switch: { description: "The branches, tried in order.", type: "array", items: BRANCH, minItems: 1 } },
    required: ["switch"],
  },
  repeat: {
    description: "Runs its steps round after round until a condition holds.",
    keys: { repeat: REPEAT, steps: ref("steps"), collect: COLLECT },
    required: ["repeat", "steps"],
  },
  race: {
    description: "Runs its steps side by side; the first to complete wins.",
    keys: { race: ref("steps", "Steps that run side by side until one completes.") },
    required: ["race"],
  },
  group: {
    description: "Runs its steps one after the other, as one step.",
    keys: { steps: ref("steps") },
    required: ["steps"],
  },
  set: {
    description: "Sets names that later steps read.",
    keys: {
      set: {
        title: "a map of names and values",
        description: "Names and their values.",
        type: "object",
        propertyNames: ref("name"),
        additionalProperties: ref("value"),
        minProperties: 1,
      },
    },
    required: ["set"],
  },
  return: {
    description: "Ends the run completed, with this output.",
    keys: { return: ref("value", "The run's output.") },
    required: ["return"],
  },
  ...WAITING_KINDS,
  fail: { description: "Fails.", keys: { fail: FAIL }, required: ["fail"] },
  log: { description: "Writes a log line.", keys: { log: ref("template", "The text to log.") }, required: ["log"] },
};

/** The schema of each kind of step, by kind. */
export const STEP_SCHEMAS: Readonly<Record<StepKind, SchemaNode>> = Object.fromEntries(
  Object.entries(KINDS).map(([kind, { keys, required, description }]) => [
    kind,
    closedMap({ ...keys, ...COMMON }, { title: kind === "call" ? "a call" : `a ${kind} step`, description, required }),
  ]),
) as Record<StepKind, SchemaNode>;

/** The kinds that know a key, for messages about keys of the wrong kind. */
export function kindsWith(key: string): readonly StepKind[] {
  return (Object.keys(KINDS) as StepKind[]).filter((kind) => Object.hasOwn(KINDS[kind].keys, key));
}
