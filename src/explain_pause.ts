import type { Pause } from "./engine/run.ts";
import type { Explanation } from "./explanation.ts";
import type { RunDetails } from "./run_details.ts";
import { at, inFlight, sentence, trimEnd } from "./run_words.ts";

/** Says why a run is paused, and what helps. */
export function explainPause(details: RunDetails): Explanation {
  const { run } = details;
  const pause: Pause = run.pause ?? { reason: "crash_loop", message: "the reason was not recorded" };
  const { meaning, advice } = PAUSES[pause.reason];
  const reasons = [`${meaning}.`, ...describeDifference(pause), ...inFlight(details)];
  if (run.error !== null) reasons.push(`The error${at(details, run.error)}: ${sentence(run.error)}.`);
  const id = run.id;
  return {
    summary: `It is paused (${pause.reason}): ${trimEnd(pause.message)}.`,
    reasons,
    wakes: ["a person: a paused run goes on only when it is told to"],
    commands: [
      ...advice.map(([args, effect]) => ({ args: args.map((word) => word === "RUN" ? id : word), effect })),
      { args: ["runs", "cancel", id], effect: cancelEffect(details) },
    ],
  };
}

/** What the journal holds and what the code asks for, where they part. */
function describeDifference({ difference }: Pause): string[] {
  if (difference === undefined) return [];
  const list = (keys: readonly string[]): string => keys.length === 0 ? "nothing" : keys.join(", ");
  return [`The journal holds there: ${list(difference.expected)}.`, `The code asks for: ${list(difference.came)}.`];
}

function cancelEffect({ pivot }: RunDetails): string {
  return pivot === null
    ? "ends it, and undoes what it has done"
    : "ends it as failed; nothing is undone past the pivot";
}

type PauseMeaning = {
  readonly meaning: string;
  readonly advice: readonly (readonly [args: readonly string[], effect: string])[];
};

const RESUME = ["runs", "resume", "RUN"];

/** What each reason means and what helps; cancelling always does. */
const PAUSES: Readonly<Record<Pause["reason"], PauseMeaning>> = {
  non_determinism: {
    meaning: "The definition asks for other steps than the journal holds, so going on could repeat or skip an effect",
    advice: [
      [["diff", "FILE"], "tells whether the run fits another version of the workflow"],
      [["runs", "migrate", "FILE", "RUN"], "moves it to that version"],
      [RESUME, "goes on once the program that runs it is the one that started it"],
    ],
  },
  foreign_await: {
    meaning: "Its code awaited something that the journal does not hold, so it could not be repeated after a crash",
    advice: [[RESUME, "goes on once the code awaits nothing but what the workflow's context gives"]],
  },
  missing_secret: {
    meaning: "A variable or secret that it needs is not set here",
    advice: [[[...RESUME, "--secrets-file", "FILE"], "goes on with the secrets of that file"]],
  },
  missing_definition: {
    meaning: "The store has lost the definition that the run pins",
    advice: [[["runs", "migrate", "FILE", "RUN"], "moves it to the definition in a file"]],
  },
  wrong_key: {
    meaning: "What the run has stored was encrypted with another key",
    advice: [[[...RESUME, "--encrypt-key-file", "FILE"], "goes on with the key of that file"]],
  },
  crash_loop: {
    meaning: "Process after process ended while it ran, so the run, or a step of it, may be what brings them down",
    advice: [[RESUME, "tries it again"]],
  },
  past_pivot: {
    meaning: "It failed past the point of no return, where nothing is undone any more",
    advice: [[RESUME, "tries the step again that it stopped at"]],
  },
  history_limit: {
    meaning: "Its journal has grown to the limit; long loops belong into child workflows",
    advice: [],
  },
};
