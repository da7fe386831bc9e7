import type { JsonValue } from "../../src/base/json.ts";

/** A workflow whose journal is kept, with what its services do and what happens to the run meanwhile. */
export interface RecordedWorkflow {
  readonly name: string;
  readonly text: string;
  /** Child workflows by file name. */
  readonly children?: Readonly<Record<string, string>>;
  readonly input?: JsonValue;
  /** Methods that fail, each time. */
  readonly failing?: readonly string[];
  readonly signals?: readonly { readonly name: string; readonly data: JsonValue }[];
  readonly isCancelled?: boolean;
}

const SERVICE = "services:\n  svc: { type: function, endpoint: local, retry: { attempts: 2, initial: 1ms } }\n";

/** One workflow for each family of entries that a journal can hold. */
export const RECORDED: readonly RecordedWorkflow[] = [
  {
    name: "blocks",
    input: { items: [1, 2, 3] },
    text: `name: blocks
version: "1"
${SERVICE}steps:
  - { id: first, service: svc, method: First, output: first }
  - id: sides
    parallel:
      - { id: left, service: svc, method: Left }
      - { id: right, service: svc, method: Right, when: "{{ 1 == 2 }}" }
  - id: each
    foreach: "{{ .input.items }}"
    max_concurrency: 2
    steps:
      - { id: item, service: svc, method: Item, input: { value: "{{ .item }}" }, output: one }
    collect: "{{ .one }}"
    output: all
  - id: graph
    dag:
      - { id: top, service: svc, method: Top, output: top }
      - { id: below, service: svc, method: Below, input: { top: "{{ .top }}" } }
  - id: poll
    repeat: { until: "{{ .seen != null }}", every: 1ms, max: 3 }
    steps:
      - { id: look, service: svc, method: Look, output: seen, when: "{{ .looked }}" }
      - { id: mark, set: { looked: true } }
  - id: either
    race:
      - { id: quick, service: svc, method: Quick }
      - { id: slow, sleep: 10s }
  - id: choose
    switch:
      - when: "{{ size(.all) == 3 }}"
        steps: [ { id: three, service: svc, method: Three } ]
      - steps: [ { id: other, service: svc, method: Other } ]
  - { id: told, log: "{{ .first }}" }
output: { first: "{{ .first }}", all: "{{ .all }}" }
finally:
  - { id: end, service: svc, method: End }
`,
  },
  {
    name: "rollback",
    failing: ["Fail", "Undo2"],
    text: `name: rollback
${SERVICE}steps:
  - { id: one, service: svc, method: One, compensate: { method: Undo1, retry: { attempts: 1 } } }
  - { id: two, service: svc, method: Two, compensate: { method: Undo2, retry: { attempts: 1 } } }
  - { id: handled, service: svc, method: Fail, on_error: [ { id: handler, service: svc, method: Handle } ] }
  - { id: fails, service: svc, method: Fail }
`,
  },
  {
    name: "waiting",
    signals: [{ name: "go", data: { by: "Ada" } }],
    text: `name: waiting
timeout: 1h
${SERVICE}steps:
  - { id: nap, sleep: 5ms }
  - { id: asked, wait_for: { signal: go, schema: { type: object } }, timeout: 1h, output: answer }
  - { id: after, service: svc, method: After, input: { by: "{{ .answer.by }}" } }
`,
  },
  {
    name: "family",
    failing: ["Fail"],
    text: `name: family
${SERVICE}steps:
  - { id: before, service: svc, method: Before, compensate: { method: UndoBefore } }
  - { id: kid, workflow: kid, input: { n: 1 } }
  - { id: fails, service: svc, method: Fail }
`,
    children: {
      "kid.yaml": `name: kid
${SERVICE}steps:
  - { id: inner, service: svc, method: Inner, input: { n: "{{ .input.n }}" }, compensate: { method: UndoInner } }
`,
    },
  },
  {
    name: "pivot",
    failing: ["Last"],
    text: `name: pivot
${SERVICE}steps:
  - { id: before, service: svc, method: Before, compensate: { method: UndoBefore } }
  - { id: turn, service: svc, method: Turn, pivot: true }
  - { id: last, service: svc, method: Last }
`,
  },
  {
    name: "cancelled",
    isCancelled: true,
    text: `name: cancelled
${SERVICE}steps:
  - { id: before, service: svc, method: Before, compensate: { method: UndoBefore } }
  - { id: asked, wait_for: { signal: never } }
`,
  },
];
