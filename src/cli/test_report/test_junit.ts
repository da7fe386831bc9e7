import type { CaseReport } from "../../testing/run_case.ts";
import type { SuiteReport } from "../../testing/suite_report.ts";

/** What came of tests as JUnit XML. Times are virtual seconds. */
export function testJunit(reports: readonly SuiteReport[]): string {
  const all = reports.flatMap((report) => report.cases.map((one) => ({ one, problems: problemsOf(one, report) })));
  const failures = all.filter(({ problems }) => problems.length > 0).length;
  const suites = reports.map((report) => {
    const cases = report.cases.map((one) => caseXml(one, report));
    const failed = report.cases.filter((one) => problemsOf(one, report).length > 0).length;
    const attributes = `name="${escapeXml(report.file)}" tests="${cases.length}" failures="${failed}"`;
    return `  <testsuite ${attributes}>\n${cases.join("")}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<testsuites name="maestro test" tests="${all.length}" failures="${failures}">\n${suites.join("")}</testsuites>\n`;
}

function caseXml(one: CaseReport, report: SuiteReport): string {
  const { result } = one;
  const time = result === undefined ? 0 : (result.finishedAt - result.startedAt) / 1_000;
  const open = `    <testcase classname="${escapeXml(report.workflow)}" name="${escapeXml(one.name)}" time="${time}"`;
  const problems = problemsOf(one, report);
  if (problems.length === 0) return `${open}/>\n`;
  const message = escapeXml(problems[0]!.split("\n", 1)[0]!);
  return `${open}>\n      <failure message="${message}">${escapeXml(problems.join("\n"))}</failure>\n    </testcase>\n`;
}

/** What is not as expected, faults that did not end well included. */
function problemsOf({ name, problems }: CaseReport, { chaos }: SuiteReport): readonly string[] {
  const violations = chaos.get(name)?.violations ?? [];
  return [...problems, ...violations.map(({ fault, problems: found }) => `${fault}: ${found.join("; ")}`)];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Characters that XML cannot hold at all are left out. */
function escapeXml(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "").replaceAll(
    /[&<>"]/g,
    (one) => ENTITIES[one]!,
  );
}
