import { roughDuration } from "../../base/duration.ts";
import type { JsonValue } from "../../base/json.ts";
import { plural } from "../../base/text.ts";
import { fitWidth, printable, textWidth } from "../printable.ts";
import { describeFailure } from "../report_run.ts";
import type { CompensationView, StepView } from "../run_events.ts";
import type { Style } from "../style.ts";

/** Options of `drawSteps`. */
export interface StepTreeOptions {
  readonly style: Style;
  /** Lines are cut to this width. */
  readonly columns: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Steps that are shown one by one; JSON has them all. */
const MOST_STEPS = 200;

/** Narrower names are filled up, so that what is called lines up. */
const NAME_COLUMNS = 20;

interface Node {
  readonly step: StepView;
  readonly label: string;
  readonly children: Node[];
}

/** Draws the steps of a run with what they sent and got. Each line ends with a line break. */
export function drawSteps(steps: readonly StepView[], options: StepTreeOptions): string {
  const shown = steps.slice(0, MOST_STEPS);
  const lines = growTree(shown).flatMap((node) => drawNode(node, 1, options));
  if (steps.length > shown.length) {
    lines.push(`  … ${plural(steps.length - shown.length, "more step")}: -o json has all`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** Puts each step under the block that its path leads through. */
function growTree(steps: readonly StepView[]): readonly Node[] {
  const roots: Node[] = [];
  const nodes = new Map<string, Node>();
  for (const step of steps) {
    const parent = parentOf(step.id, nodes);
    const label = parent === undefined ? step.id : step.id.slice(parent.step.id.length).replace(/^\//, "");
    const node = { step, label, children: [] };
    nodes.set(step.id, node);
    (parent?.children ?? roots).push(node);
  }
  return roots;
}

function parentOf(path: string, nodes: ReadonlyMap<string, Node>): Node | undefined {
  for (let end = path.length - 1; end > 0; end--) {
    if (!"/[!".includes(path[end]!)) continue;
    const parent = nodes.get(path.slice(0, end));
    if (parent !== undefined) return parent;
  }
  return undefined;
}

function drawNode({ step, label, children }: Node, depth: number, options: StepTreeOptions): readonly string[] {
  const { style, columns } = options;
  const indent = "  ".repeat(depth);
  const [symbol, color] = SYMBOLS[step.status];
  const name = printable(label);
  const gap = " ".repeat(Math.max(2, NAME_COLUMNS - indent.length - textWidth(name)));
  const detail = fitWidth(
    printable(detailOf(step, options.now)),
    columns - indent.length - 2 - textWidth(name) - gap.length,
  );
  const lines = [`${indent}${style[color](symbol)} ${name}${gap}${style.dim(detail)}`.trimEnd()];
  const note = (what: string, text: string): void => {
    const line = fitWidth(`${what.padEnd(6)}${printable(text)}`, columns - indent.length - 4);
    lines.push(`${indent}    ${style.dim(line)}`);
  };
  if (step.input !== null) note("in", shortJson(step.input));
  if (step.output !== null) note("out", shortJson(step.output));
  if (step.error !== null && step.status !== "completed") note("error", describeFailure(step.error));
  if (step.compensation !== null) note("undo", describeUndo(step.compensation, options.now));
  return [...lines, ...children.flatMap((child) => drawNode(child, depth + 1, options))];
}

const SYMBOLS: Readonly<Record<StepView["status"], readonly [string, "green" | "red" | "yellow" | "cyan" | "dim"]>> = {
  pending: ["·", "dim"],
  running: ["▸", "cyan"],
  retrying: ["↻", "yellow"],
  waiting: ["◷", "cyan"],
  completed: ["✓", "green"],
  failed: ["✗", "red"],
  skipped: ["–", "dim"],
  cancelled: ["⊘", "dim"],
  unknown: ["?", "yellow"],
  compensating: ["↶", "yellow"],
  compensated: ["↶", "green"],
  compensation_failed: ["✗", "red"],
};

function detailOf(step: StepView, now: number): string {
  const parts: string[] = [];
  if (step.service !== null) parts.push(`${step.service} ${step.method}`);
  else if (step.kind !== "call") parts.push(step.kind);
  if (step.childRun !== null) parts.push(`run ${step.childRun}`);
  if (step.status !== "completed") parts.push(step.status.replace("_", " "));
  if (step.attempts > 1) parts.push(plural(step.attempts, "attempt"));
  if (step.startedAt !== null) parts.push(roughDuration((step.finishedAt ?? now) - step.startedAt));
  return parts.join("  ");
}

function describeUndo({ status, attempts, startedAt, finishedAt, error }: CompensationView, now: number): string {
  const parts: string[] = [status];
  if (attempts > 1) parts.push(plural(attempts, "attempt"));
  if (startedAt !== null) parts.push(roughDuration((finishedAt ?? now) - startedAt));
  if (error !== null && status !== "completed") parts.push(describeFailure(error));
  return parts.join("  ");
}

/** More than any terminal shows on a line. */
const LONGEST_VALUE = 400;

/** A value as JSON, cut early where it is large. */
export function shortJson(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}
