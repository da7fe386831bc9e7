import { MaestroError } from "../../base/errors.ts";
import { type ChaosReport, runChaos } from "../../testing/chaos.ts";
import { coverageOf } from "../../testing/coverage.ts";
import { openSuite, type Suite } from "../../testing/open_suite.ts";
import { type CaseReport, runCase } from "../../testing/run_case.ts";
import type { SuiteReport } from "../../testing/suite_report.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { type Cli, say, wantsColor } from "../cli.ts";
import { findTestFiles } from "../find_test_files.ts";
import { readSource } from "../load.ts";
import { reportDiagnostics } from "../report_diagnostics.ts";
import { readSettings } from "../settings.ts";
import { createStyle } from "../style.ts";
import { TestText } from "../test_report/test_text.ts";
import { testJson } from "../test_report/test_json.ts";
import { testJunit } from "../test_report/test_junit.ts";

/** Flags of `test`. */
export type TestFlags = {
  readonly filter: string | undefined;
  readonly junit: string | undefined;
  readonly coverage: boolean | undefined;
  readonly chaos: boolean | undefined;
  readonly output: "json" | undefined;
  readonly config: string | undefined;
};

/** Exit codes: a case has failed; a file is invalid. */
const FAILED = 1;
const INVALID = 3;

/** Runs test files in virtual time, and prints what came of their cases. */
export async function test(cli: Cli, flags: TestFlags, ...paths: string[]): Promise<number> {
  const settings = await readSettings(cli, flags);
  const files = await findTestFiles(cli, paths);
  const runtime = await cli.host.runtime();
  const { stdout } = cli.host;
  const text = new TestText(createStyle(stdout.isTerminal && wantsColor(cli.host)));
  const print = (lines: string): void => settings.output === "json" ? undefined : stdout.write(lines);
  const reports: SuiteReport[] = [];
  let isInvalid = false;
  for (const file of files) {
    const suite = await open(cli, file, runtime);
    if (suite === undefined) isInvalid = true;
    else {
      const report = await runSuite(
        suite,
        flags,
        runtime,
        (head) => print(text.head(head)),
        (one) => print(text.case(one)),
      );
      if (report !== undefined) {
        reports.push(report);
        print(text.tail(report));
      }
    }
  }
  const cases = reports.flatMap((report) => report.cases);
  if (cases.length === 0 && !isInvalid) {
    throw new MaestroError("usage", `No case has "${flags.filter}" in its name`);
  }
  if (cases.length > 0) print(text.sum(reports));
  if (settings.output === "json") stdout.write(`${JSON.stringify(testJson(reports), null, 2)}\n`);
  if (flags.junit !== undefined) await cli.host.files.replace(flags.junit, testJunit(reports));
  return isInvalid ? INVALID : reports.every(hasPassed) ? 0 : FAILED;
}

/** Opens a test file; what is wrong with it is told. */
async function open(cli: Cli, file: string, runtime: Runtime): Promise<Suite | undefined> {
  const { suite, diagnostics, sources } = await openSuite(await readSource(cli, file, "the test file"), runtime);
  if (suite === undefined) say(cli, reportDiagnostics(diagnostics, "text", sources).trimEnd());
  return suite;
}

/** `undefined` where no case of the file is asked for. */
async function runSuite(
  suite: Suite,
  { filter = "", coverage, chaos }: TestFlags,
  runtime: Runtime,
  onStart: (suite: Suite) => void,
  onCase: (report: CaseReport) => void,
): Promise<SuiteReport | undefined> {
  const { file, cases, loaded } = suite;
  const wanted = cases.filter(({ name }) => name.includes(filter));
  if (wanted.length === 0) return undefined;
  onStart(suite);
  const done: CaseReport[] = [];
  for (const one of wanted) {
    const report = await runCase(one, loaded, runtime);
    done.push(report);
    onCase(report);
  }
  const events = done.flatMap((report) => report.events);
  const shaken = new Map<string, ChaosReport>();
  // What fails anyway tells nothing about faults.
  const sound = wanted.filter((_, index) => chaos && done[index]!.problems.length === 0);
  for (const one of sound) shaken.set(one.name, await runChaos(one, { workflow: loaded, runtime }));
  return {
    file,
    workflow: loaded.plan.name,
    cases: done,
    coverage: coverage ? coverageOf(loaded, events) : undefined,
    chaos: shaken,
  };
}

function hasPassed({ cases, chaos }: SuiteReport): boolean {
  return cases.every(({ problems }) => problems.length === 0) &&
    [...chaos.values()].every(({ violations }) => violations.length === 0);
}
