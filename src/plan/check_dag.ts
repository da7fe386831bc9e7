import type { Issue } from "../base/diagnostics.ts";
import { didYouMean } from "../base/text.ts";
import { namesSetBy, referencesWithin, stepsWithin } from "./check_references.ts";
import type { PlanStep } from "./plan.ts";

/**
 * Finds for each child of a dag, by position, the positions of the children that it waits for.
 *
 * They are those that `declared` names by id, and those that set a name, or have an id, that the child or anything in it
 * reads. Unknown ids and cycles are issues; a cycle's dependencies are left as they are.
 */
export function planDependencies(
  steps: readonly PlanStep[],
  declared: readonly (readonly string[])[],
): { readonly dependencies: readonly (readonly number[])[]; readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const byId = new Map(steps.map((step, index) => [step.id, index]));
  const { nameOwner, idOwner } = findOwners(steps);
  const dependencies = steps.map((step, position) => {
    const found = new Set<number>();
    declared[position]?.forEach((id, index) => {
      const other = byId.get(id);
      if (other !== undefined && other !== position) found.add(other);
      else issues.push(badDependency(step, index, id, other === position, byId.keys()));
    });
    for (const { root, path } of referencesWithin(step, new Map())) {
      const owner = root === "steps" ? idOwner.get(String(path[0])) : nameOwner.get(root);
      if (owner !== undefined && owner !== position) found.add(owner);
    }
    return [...found].sort((a, b) => a - b);
  });
  const cycle = findCycle(dependencies);
  if (cycle !== undefined) issues.push(cycleIssue(steps, cycle));
  return { dependencies, issues };
}

function findOwners(steps: readonly PlanStep[]): {
  readonly nameOwner: ReadonlyMap<string, number>;
  readonly idOwner: ReadonlyMap<string, number>;
} {
  const nameOwner = new Map<string, number>();
  const idOwner = new Map<string, number>();
  steps.forEach((child, index) => {
    for (const step of stepsWithin(child)) {
      for (const name of namesSetBy(step)) nameOwner.set(name, index);
      if (step.isIdGiven) idOwner.set(step.id, index);
    }
  });
  return { nameOwner, idOwner };
}

function badDependency(step: PlanStep, index: number, id: string, isSelf: boolean, known: Iterable<string>): Issue {
  return {
    severity: "error",
    code: isSelf ? "dependency_cycle" : "unknown_dependency",
    message: isSelf ? `The step "${id}" depends on itself` : `"${id}" is no step of this dag`,
    hint: isSelf ? undefined : didYouMean(id, known) ?? "a step can depend on the steps beside it, by id",
    path: [...step.origin, "depends_on", index],
  };
}

function cycleIssue(steps: readonly PlanStep[], cycle: readonly number[]): Issue {
  const [first = 0] = cycle;
  const names = [...cycle, first].map((position) => steps[position]!.id).join(" → ");
  return {
    severity: "error",
    code: "dependency_cycle",
    message: `Steps wait for each other: ${names}`,
    hint: "what a step's expressions read counts as a dependency too",
    path: steps[first]!.origin,
  };
}

/** Finds positions that depend on each other in a ring, each on the next; `undefined` where there are none. */
export function findCycle(dependencies: readonly (readonly number[])[]): readonly number[] | undefined {
  const state = new Uint8Array(dependencies.length);
  for (let start = 0; start < dependencies.length; start++) {
    // An explicit stack: a chain of thousands of steps must not exhaust the call stack.
    const trail: { readonly node: number; next: number }[] = [];
    if (state[start] === 0) enter(start);
    while (trail.length > 0) {
      const top = trail.at(-1)!;
      const target = dependencies[top.node]![top.next++];
      if (target === undefined) {
        state[top.node] = 2;
        trail.pop();
      } else if (state[target] === 1) {
        const ring = trail.map((entry) => entry.node);
        return ring.slice(ring.indexOf(target));
      } else if (state[target] === 0) {
        enter(target);
      }
    }
    function enter(node: number): void {
      state[node] = 1;
      trail.push({ node, next: 0 });
    }
  }
  return undefined;
}
