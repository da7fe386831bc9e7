import { canonicalJson, type JsonValue } from "../base/json.ts";
import type { Attributes } from "./attributes.ts";
import type { CarriedMessage, RunStarted, UpdateCompleted } from "./journal.ts";

/** How a run ends that begins anew under the same id. */
export interface Continuation {
  readonly type: "run_continued";
  readonly input: JsonValue;
}

/** What a run that begins anew takes along. */
export interface Luggage {
  readonly attributes: Attributes;
  readonly messages: readonly CarriedMessage[];
  readonly answers: readonly UpdateCompleted[];
}

/** Thrown where a workflow function asks to begin anew: nothing after it counts. */
export class ContinuedError extends Error {
  override readonly name = "ContinuedError";

  constructor() {
    super("The run begins anew");
  }
}

/** What the next generation of a run starts with. */
export function nextStart(
  { started: before, state }: { readonly started: RunStarted; readonly state: { readonly luggage: Luggage } },
  { input }: Continuation,
  digest: (text: string) => string,
): RunStarted {
  const { attributes, messages, answers } = state.luggage;
  return {
    ...before,
    input,
    generation: (before.generation ?? 0) + 1,
    firstInput: before.firstInput ?? digest(canonicalJson(before.input)),
    ...(Object.keys(attributes).length === 0 ? undefined : { attributes }),
    carried: messages,
    answers,
  };
}
