import { didYouMean } from "../base/text.ts";
import { findCycle } from "../plan/check_dag.ts";
import { limitProblems, retryProblems, type SettingProblem } from "../plan/setting_problems.ts";
import type { NodeDefinition } from "./node_definition.ts";

/** One problem of a DAG. */
export interface DagIssue {
  /** A stable name for the rule. */
  readonly code:
    | "invalid_name"
    | "reserved_name"
    | "duplicate_node"
    | "no_nodes"
    | "no_action"
    | "unknown_dependency"
    | "dependency_cycle"
    | "invalid_setting";
  /** What is wrong, naming the nodes in question. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** The node that it is about; of a cycle, the first of it. */
  readonly node?: string | undefined;
}

/** What the nodes of a DAG wait for: positions by position, in ascending order. */
export type Dependencies = readonly (readonly number[])[];

const NAME = /^[A-Za-z0-9_.-]+$/;

/** Members of what actions are given that are no outputs, and names that expressions have of themselves. */
const RESERVED: ReadonlySet<string> = new Set(["input", "error", "idempotency_key", "__proto__"]);

/** Every name that a node waits for, each once. */
export function dependenciesOf({ dependsOn = [], requires = [] }: NodeDefinition): readonly string[] {
  return requires.length === 0 && dependsOn.length < 2 ? dependsOn : [...new Set([...dependsOn, ...requires])];
}

/** Checks the nodes of a DAG, and finds what each waits for. Every problem is an issue. */
export function checkNodes(
  nodes: readonly NodeDefinition[],
): { readonly dependencies: Dependencies; readonly issues: readonly DagIssue[] } {
  const issues: DagIssue[] = [];
  if (nodes.length === 0) issues.push({ code: "no_nodes", message: "It has no nodes" });
  const positions = new Map<string, number>();
  for (const [position, node] of nodes.entries()) {
    checkNode(node, issues);
    const before = positions.get(node.name);
    if (before === undefined) positions.set(node.name, position);
    else issues.push(duplicate(node.name, before, position));
  }
  const dependencies = nodes.map((node) => {
    const found: number[] = [];
    for (const name of dependenciesOf(node)) {
      const position = positions.get(name);
      if (position !== undefined) found.push(position);
      else issues.push(unknownDependency(node.name, name, positions.keys()));
    }
    return found.length < 2 ? found : found.sort((a, b) => a - b);
  });
  issues.push(...cycles(nodes, dependencies));
  return { dependencies, issues };
}

function checkNode(node: NodeDefinition, issues: DagIssue[]): void {
  const { name, action, compensate, compensation, timeout, attemptTimeout, heartbeatTimeout, retry } = node;
  if (!NAME.test(name)) {
    issues.push({
      code: "invalid_name",
      message: `"${name}" cannot be the name of a node`,
      hint: 'a name is made of letters, digits and "_", "." or "-"',
      node: name,
    });
  } else if (RESERVED.has(name)) {
    issues.push({ code: "reserved_name", message: `The name "${name}" has a meaning of its own`, node: name });
  }
  if (typeof action !== "function" || (compensate !== undefined && typeof compensate !== "function")) {
    const which = typeof action === "function" ? "compensation" : "action";
    issues.push({ code: "no_action", message: `The ${which} of node "${name}" is no function`, node: name });
  }
  const hasSettings = timeout !== undefined || attemptTimeout !== undefined || heartbeatTimeout !== undefined ||
    retry !== undefined || compensation !== undefined;
  if (hasSettings) checkSettings(node, issues);
}

function checkSettings({ name, compensation, ...node }: NodeDefinition, issues: DagIssue[]): void {
  const problems = [
    ...limitProblems(node.timeout, `The timeout of node "${name}"`),
    ...limitProblems(node.attemptTimeout, `The attempt timeout of node "${name}"`),
    ...limitProblems(node.heartbeatTimeout, `The heartbeat timeout of node "${name}"`),
    ...retryProblems(node.retry, `The retry of node "${name}"`),
    ...retryProblems(compensation?.retry, `The retry of the compensation of node "${name}"`),
  ];
  refuse(problems, issues, name);
}

/** Tells of settings that cannot be. */
export function refuse(problems: readonly SettingProblem[], issues: DagIssue[], node?: string): void {
  for (const problem of problems) issues.push({ code: "invalid_setting", ...problem, node });
}

function duplicate(name: string, first: number, second: number): DagIssue {
  return {
    code: "duplicate_node",
    message: `The name "${name}" is given to two nodes: the ${ordinal(first)} and the ${ordinal(second)}`,
    node: name,
  };
}

function ordinal(position: number): string {
  const number = position + 1;
  const isTeen = number % 100 > 10 && number % 100 < 14;
  return `${number}${isTeen ? "th" : ["th", "st", "nd", "rd"][number % 10] ?? "th"}`;
}

function unknownDependency(node: string, name: string, known: Iterable<string>): DagIssue {
  return {
    code: "unknown_dependency",
    message: `Node "${node}" depends on "${name}", and there is no such node`,
    hint: didYouMean(name, known),
    node,
  };
}

/** One ring after the other; those that share a node with one that is named already show when that is mended. */
function cycles(nodes: readonly NodeDefinition[], dependencies: Dependencies): readonly DagIssue[] {
  const issues: DagIssue[] = [];
  // Most DAGs are written down in an order in which they could run.
  if (dependencies.every((needs, position) => needs.length === 0 || needs.at(-1)! < position)) return issues;
  const left = [...dependencies];
  for (let cycle = findCycle(left); cycle !== undefined; cycle = findCycle(left)) {
    for (const position of cycle) left[position] = [];
    const names = cycle.map((position) => nodes[position]!.name);
    issues.push({
      code: "dependency_cycle",
      message: cycle.length === 1
        ? `Node "${names[0]}" depends on itself`
        : `Nodes wait for each other: ${[...names, names[0]].join(" → ")}`,
      node: names[0],
    });
  }
  return issues;
}
