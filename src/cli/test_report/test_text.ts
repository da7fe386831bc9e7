import { roughDuration } from "../../base/duration.ts";
import { plural } from "../../base/text.ts";
import type { ChaosReport } from "../../testing/chaos.ts";
import type { Coverage, Share } from "../../testing/coverage.ts";
import type { CaseReport } from "../../testing/run_case.ts";
import type { SuiteReport } from "../../testing/suite_report.ts";
import type { Style } from "../style.ts";

/** Most violations of a case that are shown. */
const MOST_SHOWN = 10;

/** Writes what came of tests as people read it. */
export class TestText {
  readonly #style: Style;

  constructor(style: Style) {
    this.#style = style;
  }

  /** What stands above the cases of a file. */
  head({ file }: { readonly file: string }): string {
    return `${this.#style.bold(file)}\n`;
  }

  /** One line of a case, and below it what is not as expected. */
  case({ name, problems, calls, result }: CaseReport): string {
    const { green, red, dim } = this.#style;
    const took = result === undefined ? "" : `, ${roughDuration(result.finishedAt - result.startedAt)}`;
    const facts = dim(`${plural(calls.length, "call")}${took}`);
    const lines = [`  ${problems.length === 0 ? green("✓") : red("✗")} ${name}  ${facts}`];
    for (const problem of problems) lines.push(...problem.split("\n").map((line) => `      ${line}`));
    return `${lines.join("\n")}\n`;
  }

  /** What stands below the cases of a file. */
  tail({ coverage, chaos }: SuiteReport): string {
    const lines = [...chaos].flatMap(([name, report]) => this.#chaos(name, report));
    if (coverage !== undefined) lines.push(...this.#coverage(coverage));
    return lines.map((line) => `  ${line}\n`).join("");
  }

  /** The last line. */
  sum(reports: readonly SuiteReport[]): string {
    const { green, red } = this.#style;
    const cases = reports.flatMap((report) => report.cases);
    const failed = cases.filter(({ problems }) => problems.length > 0).length;
    const passed = `${cases.length - failed} passed`;
    const end = failed === 0 ? green(passed) : `${passed}, ${red(`${failed} failed`)}`;
    const faults = reports.flatMap(({ chaos }) => [...chaos.values()]);
    const violated = faults.flatMap(({ violations }) => violations).length;
    const tried = faults.reduce((sum, report) => sum + report.faults, 0);
    const shaken = faults.length === 0
      ? ""
      : `; ${plural(tried, "fault")}, ${
        violated === 0 ? green("each ended well") : red(`${violated} did not end well`)
      }`;
    return `${plural(cases.length, "case")}: ${end}${shaken}\n`;
  }

  #chaos(name: string, { faults, violations, isCut }: ChaosReport): readonly string[] {
    const { green, red } = this.#style;
    const tried = `${plural(faults, "fault")}${isCut ? " of more" : ""}`;
    if (violations.length === 0) return [`${green("✓")} ${name}: ${tried}, each ended well`];
    const lines = [`${red("✗")} ${name}: ${tried}, ${violations.length} did not end well`];
    for (const { fault, problems, seed } of violations.slice(0, MOST_SHOWN)) {
      lines.push(`    ${fault} (seed ${seed})`, ...problems.map((problem) => `      ${problem}`));
    }
    if (violations.length > MOST_SHOWN) lines.push(`    and ${violations.length - MOST_SHOWN} more`);
    return lines;
  }

  #coverage({ steps, branches, compensations, missed }: Coverage): readonly string[] {
    const shares = `${share("steps", steps)}, ${share("branches", branches)}, ${share("compensations", compensations)}`;
    return [`coverage: ${shares}`, ...missed.map((name) => `  ${this.#style.yellow("not reached:")} ${name}`)];
  }
}

function share(what: string, { reached, all }: Share): string {
  return `${what} ${all === 0 ? "none" : `${Math.floor(100 * reached / all)}% (${reached} of ${all})`}`;
}
