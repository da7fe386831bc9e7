import type { JsonValue } from "../base/json.ts";
import { type Attributes, checkAttributes } from "./attributes.ts";
import type { Commands } from "./commands.ts";
import type { Continuation, Luggage } from "./continuation.ts";
import type { RunStarted } from "./journal.ts";
import { Patches } from "./patches.ts";

/** What a workflow function says of its run beside what it asks for: what the run is found by, what it can be asked, how its code changed. */
export class RunState {
  /** Set when the function has asked to begin anew. */
  continuation: Continuation | undefined;
  readonly patches: Patches = new Patches();
  /** Rollbacks under way, for people to see. */
  rollbacks = 0;
  readonly #commands: Commands;
  readonly #queries = new Map<string, (data: JsonValue) => JsonValue>();
  #attributes: Attributes = {};

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  /** What the run is found by. */
  get attributes(): Attributes {
    return this.#attributes;
  }

  /** What a run that begins anew takes along. */
  get luggage(): Luggage {
    const { signals, updates, answers } = this.#commands;
    return {
      attributes: this.#attributes,
      messages: [
        ...signals.kept.map((signal) => ({ kind: "signal" as const, ...signal })),
        ...updates.unanswered.map((update) => ({ kind: "update" as const, ...update })),
      ],
      answers,
    };
  }

  /** Takes over what the run begins with; `runId` is its id. */
  begin({ generation = 0, attributes = {}, carried = [], answers = [] }: RunStarted, runId: string): void {
    this.#attributes = attributes;
    this.#commands.answers.push(...answers);
    if (generation > 0) this.#commands.childPrefix = `${runId}.${generation}`;
    for (const { kind, ...message } of carried) {
      if (kind === "signal") this.#commands.signals.add(message.name, message);
      else this.#commands.updates.add(message);
    }
  }

  /** Adds to what the run is found by. @throws {MaestroError} `invalid_input`. */
  setAttributes(attributes: Attributes): void {
    const commands = this.#commands;
    commands.requireTurn();
    this.#attributes = checkAttributes({ ...this.#attributes, ...attributes });
    commands.draft.attributes = this.#attributes;
    commands.note({ type: "attributes_set", attributes });
  }

  /** Tells whether the run takes part in a change of the code. */
  isPatched(patch: string): boolean {
    const commands = this.#commands;
    commands.requireTurn();
    return this.patches.isApplied(patch, commands.isReplaying, () => {
      commands.draft.entries.push({ type: "patch_applied", patch });
    });
  }

  /** Answers questions of this name from now on. */
  onQuery(name: string, handler: (data: JsonValue) => JsonValue): void {
    this.#commands.requireTurn();
    this.#queries.set(name, handler);
  }

  /** Answers a question about the run, as it is between two turns. Throws what the handler throws. */
  query(name: string, data: JsonValue): JsonValue {
    const handler = this.#queries.get(name);
    if (handler === undefined) throw new UnknownQueryError([...this.#queries.keys()]);
    this.#commands.isAsked = true;
    try {
      return handler(data);
    } finally {
      this.#commands.isAsked = false;
    }
  }
}

/** Thrown for a question that the workflow has no answer to. */
export class UnknownQueryError extends Error {
  override readonly name = "UnknownQueryError";
  /** What it can be asked. */
  readonly known: readonly string[];

  constructor(known: readonly string[]) {
    super("The workflow has no such query");
    this.known = known;
  }
}
