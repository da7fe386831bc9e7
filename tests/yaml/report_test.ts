import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Diagnostic } from "../../src/base/diagnostics.ts";
import { compileWorkflow } from "../../src/yaml/compile.ts";
import { formatDiagnostic, sortDiagnostics } from "../../src/yaml/diagnostics.ts";
import { reportGithub } from "../../src/yaml/report_github.ts";
import { reportJson } from "../../src/yaml/report_json.ts";
import { reportSarif } from "../../src/yaml/report_sarif.ts";
import { reportText } from "../../src/yaml/report_text.ts";
import { Source } from "../../src/yaml/source.ts";

const ONE: Diagnostic = {
  severity: "error",
  code: "unknown_key",
  message: 'The key "a,b" is 100% wrong: yes',
  hint: 'did you mean "c"?',
  file: "my flows/a:b.yaml",
  line: 2,
  column: 3,
  endLine: 2,
  endColumn: 6,
};

describe("formatDiagnostic()", () => {
  it("shows the place, the line with a caret, and the hint", () => {
    const { diagnostics, source } = compileWorkflow("flow.yaml", "name: a\nversoin: 1\nsteps: [ { log: a } ]\n");
    assert.equal(
      diagnostics.map((one) => formatDiagnostic(one, source)).join("\n"),
      [
        'flow.yaml:2:1: error[unknown_key] The key "versoin" is not known here',
        "  2 | versoin: 1",
        "    | ^^^^^^^",
        '  hint: did you mean "version"?',
      ].join("\n"),
    );
  });

  it("puts the caret below wide characters, tabs and marks", () => {
    const source = new Source("a.yaml", "\t日本e\u0301: x\n");
    const [, , carets] = formatDiagnostic({ ...ONE, line: 1, column: 8, endLine: 1, endColumn: 9 }, source).split("\n");
    assert.equal(carets, `    | ${" ".repeat(9)}^`);
  });

  it("shows of a very long line what is around the place", () => {
    const source = new Source("a.yaml", `${"x".repeat(500)}HERE${"y".repeat(500)}`);
    const [, line, carets] = formatDiagnostic({ ...ONE, line: 1, column: 501, endLine: 1, endColumn: 505 }, source)
      .split("\n");
    assert.ok(line!.length < 200);
    assert.equal(line!.indexOf("HERE"), carets!.indexOf("^^^^"));
  });

  it("does without the source", () => {
    assert.equal(formatDiagnostic(ONE).split("\n").length, 2);
  });
});

describe("sortDiagnostics()", () => {
  it("sorts by file and place and drops what is said twice", () => {
    const later = { ...ONE, line: 9 };
    const other = { ...ONE, file: "a.yaml", line: 30 };
    assert.deepEqual(sortDiagnostics([later, ONE, other, { ...ONE }]), [other, ONE, later]);
  });
});

describe("reports", () => {
  it("as text hold each with its line", () => {
    const source = new Source(ONE.file, "first\n  bad: 1\n");
    assert.match(
      reportText([ONE], new Map([[ONE.file, source]])),
      /^my flows.*\n {2}2 \| {3}bad: 1\n {4}\| {3}\^\^\^\n {2}hint: .*\n$/,
    );
  });

  it("as JSON are a list", () => {
    assert.deepEqual(JSON.parse(reportJson([ONE])), [ONE]);
    assert.deepEqual(JSON.parse(reportJson([])), []);
  });

  it("as annotations escape what the format reserves", () => {
    assert.equal(
      reportGithub([ONE]),
      "::error file=my flows/a%3Ab.yaml,line=2,endLine=2,col=3,endColumn=6,title=unknown_key::" +
        'The key "a,b" is 100%25 wrong: yes%0AHint: did you mean "c"?\n',
    );
  });

  it("as SARIF name rule, file and region", () => {
    const log = JSON.parse(reportSarif([ONE, { ...ONE, code: "a_rule", severity: "warning", file: "/abs/b.yaml" }]));
    assert.equal(log.version, "2.1.0");
    const [run] = log.runs;
    assert.deepEqual(run.tool.driver.rules, [{ id: "a_rule" }, { id: "unknown_key" }]);
    assert.deepEqual(run.results[0].locations[0].physicalLocation.artifactLocation, { uri: "file:///abs/b.yaml" });
    assert.equal(run.results[0].level, "warning");
    assert.deepEqual(run.results[1].locations[0].physicalLocation, {
      artifactLocation: { uri: "my%20flows/a:b.yaml" },
      region: { startLine: 2, startColumn: 3, endLine: 2, endColumn: 6 },
    });
    assert.equal(run.results[1].ruleIndex, 1);
  });
});
