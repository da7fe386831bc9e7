import { closedMap, ref, type SchemaNode } from "./schema_node.ts";

/** A step that waits: its keys beside those that every step may have. */
interface WaitingKind {
  readonly description: string;
  readonly keys: Readonly<Record<string, SchemaNode>>;
  readonly required: readonly string[];
}

/** Steps that wait for a time, for a signal, or for another run. */
export const WAITING_KINDS: Readonly<Record<"sleep" | "sleep_until" | "wait_for" | "workflow", WaitingKind>> = {
  sleep: {
    description: "Waits for some time; takes neither memory nor a process meanwhile.",
    keys: {
      sleep: {
        title: "a duration or a template",
        description: "How long: a duration as Go writes it, or a template that gives one.",
        type: "string",
        pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\{\\{",
        examples: ["10m"],
      },
    },
    required: ["sleep"],
  },
  sleep_until: {
    description: "Waits until a time; not at all where that has passed.",
    keys: {
      sleep_until: {
        title: "a time or a template",
        description: "Until when: a time in RFC 3339, or a template that gives one.",
        type: "string",
        pattern:
          "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$|\\{\\{",
        examples: ["2030-01-31T12:00:00Z"],
      },
    },
    required: ["sleep_until"],
  },
  wait_for: {
    description: "Waits for a signal; its payload is the step's output.",
    keys: {
      wait_for: closedMap({
        signal: {
          title: "a signal's name or a template",
          description: "The signal's name. One that came before is taken, the oldest first.",
          type: "string",
          minLength: 1,
          examples: ["approved"],
        },
        schema: ref(
          "json_schema",
          "JSON Schema 2020-12 of the payload. One that does not fit is refused to its sender.",
        ),
      }, {
        title: "a map with `signal`",
        description: "The signal to wait for. The step's `timeout` limits the wait.",
        required: ["signal"],
        examples: [{ signal: "approved" }],
      }),
    },
    required: ["wait_for"],
  },
  workflow: {
    description: "Runs another workflow as a run of its own; its output is the step's.",
    keys: {
      workflow: {
        title: "a workflow's name or file",
        description:
          "The workflow: a name (NAME.yaml in the same folder), or a file where it has a `/` or ends in .yaml.",
        type: "string",
        minLength: 1,
        examples: ["charge_customer"],
      },
      input: { title: "a map or a template", description: "The child's input.", type: ["object", "string"] },
      retry: ref("retry", "When and how often it is tried again; each attempt is a new run."),
    },
    required: ["workflow"],
  },
};
