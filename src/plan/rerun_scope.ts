import type { Plan, PlanStep } from "./plan.ts";

/**
 * Tells, for the path of a step that ran, whether it depends on another: it is that step or inside it, comes after it in a sequence, in
 * a later round or iteration of a loop that takes turns, waits for it in a dag, or handles its error. `finally` depends on everything.
 */
export function createDependence(plan: Plan, from: string): (path: string) => boolean {
  const origin = parsePath(from);
  return (path) => {
    const parts = parsePath(path);
    if (parts[0]?.id === "finally" || origin[0]?.id === "finally") return parts[0]?.id === "finally";
    return follows({ steps: plan.steps, order: "sequence" }, parts, origin);
  };
}

/** One part of a path: `each[12]`, `charge!error`. */
interface PathPart {
  readonly id: string;
  readonly index: number | undefined;
  /** Whether what comes below handles the step's error. */
  readonly isHandler: boolean;
}

/** Steps that stand beside each other, and what their order means. */
interface Block {
  readonly steps: readonly PlanStep[];
  readonly order: "sequence" | "none" | readonly (readonly number[])[];
}

function parsePath(path: string): PathPart[] {
  return path.split("/").map((text) => {
    const [, id = "", index, handler] = /^(.*?)(?:\[(\d+)\])?(!error)?(?:!\d+)?$/.exec(text)!;
    return { id, index: index === undefined ? undefined : Number(index), isHandler: handler !== undefined };
  });
}

function follows(
  block: Block,
  [part, ...rest]: readonly PathPart[],
  [from, ...fromRest]: readonly PathPart[],
): boolean {
  if (from === undefined) return true;
  if (part === undefined) return false;
  if (part.id !== from.id) return comesAfter(block, part.id, from.id);
  const step = block.steps.find(({ id }) => id === part.id);
  if (step === undefined || fromRest.length === 0 && from.index === undefined) return true;
  if (part.isHandler !== from.isHandler) return part.isHandler;
  if (part.isHandler) {
    return follows({ steps: Array.isArray(step.onError) ? step.onError : [], order: "sequence" }, rest, fromRest);
  }
  if (part.index !== from.index && part.index !== undefined && from.index !== undefined) {
    const takesTurns = step.kind === "repeat" || (step.kind === "foreach" && step.maxConcurrency === 1);
    return takesTurns && part.index > from.index;
  }
  return follows(insideOf(step, rest[0] ?? fromRest[0]!), rest, fromRest);
}

function comesAfter({ steps, order }: Block, id: string, from: string): boolean {
  const [place, start] = [id, from].map((wanted) => steps.findIndex((step) => step.id === wanted));
  if (place === -1 || start === -1 || order === "none") return false;
  if (order === "sequence") return place! > start!;
  return reaches(order, place!, start!);
}

/** Whether a step of a dag waits for another, at first hand or not. */
function reaches(dependencies: readonly (readonly number[])[], place: number, start: number): boolean {
  return dependencies[place]!.some((before) => before === start || reaches(dependencies, before, start));
}

function insideOf(step: PlanStep, inner: PathPart): Block {
  switch (step.kind) {
    case "dag":
      return { steps: step.steps, order: step.dependencies };
    case "parallel":
    case "race":
      return { steps: step.steps, order: "none" };
    case "switch": {
      const branch = step.branches.find(({ steps }) => steps.some(({ id }) => id === inner.id));
      return { steps: (branch ?? step.branches[0]!).steps, order: "sequence" };
    }
    default:
      return { steps: "steps" in step ? step.steps : [], order: "sequence" };
  }
}
