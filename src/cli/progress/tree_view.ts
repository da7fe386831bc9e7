import { formatDuration } from "../../base/duration.ts";
import { plural } from "../../base/text.ts";
import { fitWidth, printable, textWidth } from "../printable.ts";
import type { Style } from "../style.ts";
import type { NodeStatus, RunTree, TreeNode, UndoNode } from "./run_tree.ts";

/** How the picture is drawn. */
export interface ViewOptions {
  readonly style: Style;
  readonly columns: number;
  /** Most lines; finished steps give way first. */
  readonly rows: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Iterations that are going on and shown one by one. */
const MOST_ITERATIONS = 8;

const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const SPINNER_STEP_MS = 100;

/** A line before it is cut to the width: what stands left and right of the name is dimmed. */
interface Line {
  readonly depth: number;
  readonly symbol: Mark;
  readonly name: string;
  readonly detail: string;
  /** May give way when there is no room. */
  readonly isOver: boolean;
}

interface Mark {
  readonly text: string;
  readonly color: "green" | "red" | "yellow" | "cyan" | "dim" | "bold";
}

const SYMBOLS: Readonly<Record<Exclude<NodeStatus, "running">, Mark>> = {
  retrying: { text: "↻", color: "yellow" },
  completed: { text: "✓", color: "green" },
  failed: { text: "✗", color: "red" },
  unknown: { text: "?", color: "yellow" },
  cancelled: { text: "⊘", color: "dim" },
  skipped: { text: "–", color: "dim" },
};

const UNDONE: Mark = { text: "↶", color: "green" };
const HEADING: Mark = { text: "", color: "bold" };

/** Draws a run: a line for the run, a tree of its steps, and the rollback. No line is wider than the terminal. */
export function drawTree(tree: RunTree, options: ViewOptions): readonly string[] {
  const lines: Line[] = [];
  const elapsed = formatTime((tree.finishedAt ?? options.now) - tree.startedAt);
  const status = tree.finishedAt === undefined ? "" : `${tree.status.replace("_", " ")}  `;
  lines.push({ depth: 0, symbol: HEADING, name: tree.workflow, detail: status + elapsed, isOver: false });
  for (const node of tree.root.children.values()) addNode(lines, node, 0, options);
  addRollback(lines, tree, options);
  return shorten(lines, options.rows).map((line) => paint(line, options));
}

function addNode(lines: Line[], node: TreeNode, depth: number, options: ViewOptions): void {
  lines.push({
    depth,
    symbol: symbolOf(node, options.now),
    name: node.label,
    detail: detailOf(node, options.now),
    isOver: node.finishedAt !== undefined && node.status !== "failed" && node.status !== "unknown",
  });
  let iterations = 0;
  for (const inner of node.children.values()) {
    if (inner.kind === "iteration" && ++iterations > MOST_ITERATIONS) continue;
    addNode(lines, inner, depth + 1, options);
  }
  const hidden = iterations - MOST_ITERATIONS;
  if (hidden > 0) lines.push(remark(depth + 1, `… ${hidden} more`));
}

function addRollback(lines: Line[], tree: RunTree, { now }: ViewOptions): void {
  if (tree.undos.size > 0) {
    const total = tree.rollback?.steps ?? tree.undosBegun;
    const name = tree.finishedAt === undefined ? "rolling back" : "rolled back";
    const detail = tree.rollback?.reason ?? "";
    lines.push({ depth: 0, symbol: HEADING, name: `${name} ${tree.undone}/${total}`, detail, isOver: false });
  }
  for (const undo of tree.undos.values()) {
    lines.push({
      depth: 0,
      symbol: undo.status === "completed" ? UNDONE : symbolOf(undo, now),
      name: undo.step,
      detail: callDetail(undo, now, undo.status === "completed" ? "undone" : ""),
      isOver: undo.status === "completed",
    });
  }
}

function symbolOf({ status }: { readonly status: NodeStatus }, now: number): Mark {
  if (status !== "running") return SYMBOLS[status];
  return { text: SPINNER[Math.floor(now / SPINNER_STEP_MS) % SPINNER.length]!, color: "cyan" };
}

function detailOf(node: TreeNode, now: number): string {
  if (node.kind === "call") return callDetail(node, now, node.isHandled ? "error handled" : "");
  const parts: string[] = [];
  if (node.kind !== "" && node.kind !== "iteration") parts.push(node.kind);
  if (node.begun > 0) parts.push(countIterations(node));
  if (node.waitsFor !== undefined && node.finishedAt === undefined) parts.push(`waiting ${node.waitsFor}`);
  if (node.status === "skipped") parts.push("skipped");
  if (node.problem !== undefined) parts.push(node.isHandled ? `error handled: ${node.problem}` : node.problem);
  if (node.finishedAt !== undefined && node.status !== "skipped") {
    parts.push(formatTime(node.finishedAt - node.startedAt));
  }
  return parts.join("  ");
}

function countIterations(node: TreeNode): string {
  let going = 0;
  for (const inner of node.children.values()) if (inner.kind === "iteration" && inner.active > 0) going++;
  const done = node.begun - going;
  const counts = [node.items === undefined ? `${done} done` : `${done}/${node.items}`];
  if (going > 0) counts.push(`${going} running`);
  if (node.failed > 0) counts.push(`${node.failed} failed`);
  return counts.join(", ");
}

function callDetail(node: TreeNode | UndoNode, now: number, remarkText: string): string {
  const parts = [node.target];
  if (node.status === "retrying") {
    const wait = formatTime(Math.max(0, (node.retryAt ?? now) - now));
    return [...parts, `attempt ${node.attempt} failed, next in ${wait}`, node.problem ?? ""].join("  ");
  }
  if (node.attempt > 1) {
    parts.push(node.finishedAt === undefined ? `attempt ${node.attempt}` : plural(node.attempt, "attempt"));
  }
  if (remarkText !== "") parts.push(remarkText);
  if (node.problem !== undefined && node.status !== "running") parts.push(node.problem);
  if (node.status !== "skipped") parts.push(formatTime((node.finishedAt ?? now) - node.startedAt));
  return parts.filter((part) => part !== "").join("  ");
}

/** Leaves finished steps out, the oldest first, until the lines fit. */
function shorten(lines: readonly Line[], rows: number): readonly Line[] {
  let excess = lines.length - rows;
  if (excess <= 0) return lines;
  excess++;
  let left = 0;
  let place = -1;
  const kept: Line[] = [];
  for (const line of lines) {
    if (line.isOver && left < excess) {
      left++;
      if (place === -1) place = kept.length;
    } else kept.push(line);
  }
  if (left > 0) kept.splice(place, 0, remark(0, `… ${left} finished`));
  return kept.length <= rows ? kept : [...kept.slice(0, rows - 1), remark(0, `… ${kept.length - rows + 1} more`)];
}

function remark(depth: number, text: string): Line {
  return { depth, symbol: { text: " ", color: "dim" }, name: "", detail: text, isOver: false };
}

/** Narrower names are filled up, so that details of neighbours line up. */
const NAME_COLUMNS = 18;

function paint({ depth, symbol, name, detail }: Line, { style, columns }: ViewOptions): string {
  const indent = "  ".repeat(depth);
  const isHeading = symbol === HEADING;
  const head = isHeading ? "" : `${indent}${symbol.text} `;
  const room = columns - 1 - textWidth(head);
  const shownName = fitWidth(printable(name), room);
  const gap = isHeading || name === ""
    ? ""
    : " ".repeat(Math.max(0, NAME_COLUMNS - textWidth(head) - textWidth(shownName)));
  const used = textWidth(shownName) + gap.length + (name === "" ? 0 : 2);
  const shownDetail = fitWidth(printable(detail), room - used);
  const separator = name === "" || shownDetail === "" ? "" : `${gap}  `;
  const nameText = isHeading ? style.bold(shownName) : shownName;
  return `${indent}${isHeading ? "" : `${style[symbol.color](symbol.text)} `}${nameText}${separator}${
    style.dim(shownDetail)
  }`;
}

/** A duration for people: tenths of a second from one second on. */
export function formatTime(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  return formatDuration(Math.floor(ms / 1_000) * 1_000);
}
