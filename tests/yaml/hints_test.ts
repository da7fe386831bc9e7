import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileWorkflow } from "../../src/yaml/compile.ts";

const SERVICE = '{ type: http, endpoint: "http://localhost" }';

/** Everything that is said of a document whose first step and service are these: code, message, hint. */
function find(step: string, service: string = SERVICE): string[] {
  const text = `name: hints\nservices:\n  web: ${service}\nsteps:\n  - ${step}\n  - { service: web, method: GET / }\n`;
  const { diagnostics, files } = compileWorkflow("w.yaml", text);
  assert.deepEqual(files, []);
  return diagnostics.map(({ code, message, hint }) => `${code} ${message}${hint === undefined ? "" : ` (${hint})`}`);
}

describe("compileWorkflow() reports a mistake once, with a hint that helps", () => {
  const condition = '"when" must be a condition such as {{ .input.amount > 100 }}';
  const retry = (code: string): string =>
    `{ service: web, method: GET /, retry: { attempts: 2, retry_on: [${code}] } }`;
  const table: readonly [step: string, found: readonly string[], service?: string][] = [
    ["{ log: x, when: 5 }", [`wrong_type ${condition}, not the number 5`]],
    ["{ log: x, when: [1] }", [`wrong_type ${condition}, not a list`]],
    ["{ foreach: 5, steps: [ { log: x } ] }", [
      'wrong_type "foreach" must be a list or a template such as {{ .input.items }}, not the number 5',
    ]],
    ['{ foreach: "x", steps: [ { log: x } ] }', [
      'not_a_list "foreach" goes over a list, but this is text (write a list, or a template that gives one)',
    ]],
    ["{ log: x, id: 5 }", ['wrong_type "id" must be an id such as create_user, not the number 5 (quote it: "5")']],
    ["{ log: x }", [
      'wrong_type "endpoint" must be an address or a template such as http://localhost:8080, not the number 5',
    ], "{ type: http, endpoint: 5 }"],
    ["{ log: x }", [
      'misplaced_key "proto" does not go with the http service "web" (only gRPC services have .proto files)',
    ], '{ type: http, endpoint: "http://localhost", proto: [nowhere.proto] }'],
    ["{ wait_for: { signal: go, timeout: 5s } }", [
      'unknown_key The key "timeout" is not known here ("timeout" stands beside "wait_for", not in it)',
    ]],
    ["{ sleep: 2d }", [
      'bad_value "sleep" must be a duration or a template such as 10m, not "2d" (the longest unit is the hour: 24h)',
    ]],
    ["{ parallel: [ { log: x } ], retry: { attempts: 2 } }", [
      'misplaced_key "retry" is for calls and workflow steps, not for a parallel step ' +
      "(put it in a child workflow, or give each call inside its own retry)",
    ]],
    [retry("http_700"), ['unknown_error_code "http_700" is no error code (statuses are from 100 to 599)']],
    [retry("HTTP-504"), ['unknown_error_code "HTTP-504" is no error code (did you mean "http_504"?)']],
  ];
  for (const [step, found, service] of table) {
    it(service ?? step, () => assert.deepEqual(find(step, service), found));
  }
});
