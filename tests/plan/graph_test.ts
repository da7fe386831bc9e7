import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { drawAscii } from "../../src/plan/graph/ascii.ts";
import { buildGraph } from "../../src/plan/graph/build_graph.ts";
import { drawDot } from "../../src/plan/graph/dot.ts";
import { flowOf } from "../../src/plan/graph/flow.ts";
import type { WorkflowGraph } from "../../src/plan/graph/graph.ts";
import { drawMermaid } from "../../src/plan/graph/mermaid.ts";
import { drawSvg } from "../../src/plan/graph/svg.ts";
import { compileWorkflow } from "../../src/yaml/compile.ts";
import { golden } from "../cli/golden.ts";

const DOCUMENT = `
name: "every \\"kind\\" <of> & step"
version: "1.0"
services:
  shop: { type: http, endpoint: "http://127.0.0.1:1", retry: { attempts: 3 } }
steps:
  - id: reserve
    service: shop
    method: POST /reserve
    retry: { attempts: 5 }
    output: reservation
    compensate: { method: "DELETE /reserve/{{ .reservation.id }}" }
    on_error:
      - { id: tell, service: shop, method: POST /tell }
      - { id: give_up, fail: "{{ .error }}" }
  - id: side_by_side
    parallel:
      - { id: a, service: shop, method: GET /a }
      - id: quickest
        race:
          - { id: fast, service: shop, method: GET /fast }
          - { id: slow, service: shop, method: GET /slow, timeout: 3s }
  - id: web
    dag:
      - { id: last, service: shop, method: GET /4, depends_on: [left, right] }
      - { id: left, service: shop, method: GET /2, depends_on: [first] }
      - { id: right, service: shop, method: GET /3, depends_on: [first] }
      - { id: first, service: shop, method: GET /1 }
  - id: choose
    switch:
      - when: '{{ .input.plan == "premium" }}'
        steps: [{ id: vip, service: shop, method: POST /vip }]
      - steps: [{ id: stop, return: "{{ .reservation }}" }]
  - id: maybe
    switch:
      - { when: "{{ .input.big }}", steps: [{ id: big, log: big }] }
  - id: poll
    repeat: { until: "{{ .job.done }}", every: 5s, max: 10 }
    steps: [{ id: check, service: shop, method: GET /job, output: job }]
  - id: each
    foreach: "{{ .input.items }}"
    max_concurrency: 8
    steps:
      - { id: send, when: "{{ .item.ok }}", service: shop, method: "POST /send/{{ .item.id }}", on_error: continue }
  - { id: totals, set: { total: "{{ 1 + 2 }}" } }
  - { id: night, sleep_until: "{{ .input.opens_at }}" }
  - { id: approval, wait_for: { signal: approved }, timeout: 72h }
  - { id: bill, workflow: billing, retry: { attempts: 2 } }
  - id: ship
    service: shop
    method: POST /ship
    pivot: true
    at_most_once: true
    reconcile: { method: GET /shipments, done: "{{ .answer.found }}" }
  - { id: rest, sleep: 10m }
finally:
  - { id: bye, log: "{{ run.status }}" }
`;

function graphOf(document: string): WorkflowGraph {
  const { plan, diagnostics } = compileWorkflow("w.yaml", document);
  assert.ok(plan, JSON.stringify(diagnostics));
  const value: unknown = parse(document);
  return buildGraph(plan, (path) => {
    const found = path.reduce((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], value);
    return typeof found === "string" ? found : JSON.stringify(found);
  });
}

const graph = graphOf(DOCUMENT);

describe("the graph of a workflow", () => {
  it("reads as a tree", () => golden("graph.txt", drawAscii(graph)));
  it("reads as Mermaid", () => golden("graph.mmd", drawMermaid(graph)));
  it("reads as Graphviz", () => golden("graph.dot", drawDot(graph)));

  it("is a picture whose text is escaped and whose parts have a place", () => {
    const svg = drawSvg(graph);
    assert.match(svg, /^<svg class="maestro" /);
    assert.match(svg, /<title>every &quot;kind&quot; &lt;of&gt; &amp; step 1\.0<\/title>/);
    assert.doesNotMatch(svg, /NaN|undefined|Infinity|<of>/);
    const { nodes, groups, edges } = flowOf(graph);
    assert.equal(svg.match(/<rect class="box/g)?.length, nodes.length);
    assert.equal(svg.match(/<rect class="frame/g)?.length, groups.length);
    assert.equal(svg.match(/<path class="edge/g)?.length, edges.length);
  });
});

describe("flowOf()", () => {
  const { nodes, edges } = flowOf(graph);
  const idOf = (title: string): string => nodes.find(({ lines }) => lines[0] === title)!.id;
  const next = (title: string): readonly string[] =>
    edges.filter(({ from }) => from === idOf(title)).map(({ to }) => nodes.find(({ id }) => id === to)!.lines[0]!);

  it("leads from each step to what follows it", () => {
    assert.deepEqual(next("reserve"), ["shop DELETE /reserve/{{ .reservation.id }}", "tell", "side_by_side"]);
    assert.deepEqual(next("first"), ["left", "right"]);
    assert.deepEqual(next("left"), ["last"]);
    assert.deepEqual(next("fast"), ["web"]);
    assert.deepEqual(next("choose"), ["vip", "stop"]);
    assert.deepEqual(next("maybe"), ["big", "poll"]);
    assert.deepEqual(next("check"), ["poll", "each"]);
  });

  it("leads from return and fail to what always runs", () => {
    assert.deepEqual(next("stop"), ["bye"]);
    assert.deepEqual(next("give_up"), ["bye"]);
    assert.deepEqual(next("bye"), ["end"]);
  });
});
