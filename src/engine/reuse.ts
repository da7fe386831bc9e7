import { type Fact, isCommand, isFact, type JournalTurn } from "./journal.ts";

/**
 * Gives what a run that has ended leaves for another run of the same definition: completed steps and children, timers and signals, in
 * their order. Left out are what was undone and what `isAgain` names.
 */
export function reusableFacts(turns: readonly JournalTurn[], isAgain: (step: string) => boolean): Fact[] {
  const entries = turns.flatMap((turn) => turn.entries);
  const undone = new Set<string>();
  const undoings = new Set<string>();
  for (const entry of entries) {
    if ((entry.type !== "step_scheduled" && entry.type !== "child_scheduled") || entry.compensates === undefined) {
      continue;
    }
    undone.add(entry.compensates);
    undoings.add(entry.step);
  }
  return entries.filter(isFact).filter((fact) => {
    switch (fact.type) {
      case "step_completed":
        return !undone.has(fact.step) && !undoings.has(fact.step) && !isAgain(fact.step);
      case "child_finished":
        return fact.child.status === "completed" && !undone.has(fact.step) && !isAgain(fact.step);
      case "timer_fired":
        return isStepTimer(fact.timer) && !isAgain(stepOf(fact.timer));
      default:
        return fact.type === "signal_received";
    }
  });
}

/**
 * Tells of code, whose order only its journal knows, what may depend on a step: the step itself and all that was asked for after its
 * outcome. `undefined` where the journal does not tell of the step.
 */
export function askedForSince(turns: readonly JournalTurn[], step: string): ((path: string) => boolean) | undefined {
  const entries = turns.flatMap((turn) => turn.entries);
  const start = entries.findIndex((entry) => "step" in entry && entry.step === step);
  if (start === -1) return undefined;
  const end = entries.findIndex((entry, index) =>
    index >= start && isFact(entry) && "step" in entry && entry.step === step
  );
  const again = new Set([step]);
  for (const entry of end === -1 ? [] : entries.slice(end)) {
    if (entry.type === "timer_set") again.add(stepOf(entry.timer));
    else if (isCommand(entry) && "step" in entry && entry.step !== null) again.add(entry.step);
  }
  return (path) => again.has(path);
}

/** Limits run anew; what a step had waited for it need not wait for again. */
function isStepTimer(timer: string): boolean {
  return !timer.endsWith("!timeout");
}

function stepOf(timer: string): string {
  return timer.slice(0, timer.lastIndexOf("!"));
}
