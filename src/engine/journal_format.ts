import { MaestroError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import type { Entry, JournalTurn } from "./journal.ts";

/** The version that turns are written in. Every version that was ever released can be read, for ever. */
const FORMAT = 1;

/** Options of `encodeTurn`. */
export interface EncodeTurnOptions {
  /** Most bytes of one entry. @default no limit */
  readonly mostEntryBytes?: number | undefined;
}

/**
 * Writes a turn as text that `decodeTurn` reads back to an equal turn.
 *
 * @throws {MaestroError} `payload_too_large` where an entry is larger than allowed; `details` then has the step's path.
 */
export function encodeTurn(
  { time, entries }: JournalTurn,
  { mostEntryBytes = Infinity }: EncodeTurnOptions = {},
): string {
  const text = JSON.stringify({ format: FORMAT, time, entries });
  if (text.length * MOST_BYTES_A_UNIT > mostEntryBytes) {
    for (const entry of entries) {
      checkSize(entry, mostEntryBytes);
    }
  }
  return text;
}

/**
 * Reads what `encodeTurn` wrote. `name` stands for the turn in messages.
 *
 * @throws {MaestroError} `store_unavailable` for a format that only a later release knows, `store_corrupt` for anything else that no
 * release has written.
 */
export function decodeTurn(text: string, name = "A turn of a journal"): JournalTurn {
  const value = parse(text, name);
  const { format, time, entries } = value;
  if (typeof format === "number" && format > FORMAT) {
    throw new MaestroError(
      "store_unavailable",
      `${name} is written in format ${format}, and this release knows ${FORMAT}`,
      {
        hint: "use a release of Maestro that is at least as new as the one that wrote it",
      },
    );
  }
  if (format !== FORMAT) throw corrupt(name, "its format has no number that a release has used");
  if (typeof time !== "number") throw corrupt(name, '"time" is no number');
  if (!Array.isArray(entries)) throw corrupt(name, '"entries" is no list');
  for (const [index, entry] of entries.entries()) checkEntry(entry as JsonValue, `${name}, entry ${index + 1}`);
  return { time, entries: entries as unknown as readonly Entry[] };
}

function parse(text: string, name: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(name, "it is no JSON", cause);
  }
  if (!isJsonObject(value)) throw corrupt(name, "it is no JSON object");
  return value;
}

function checkEntry(entry: JsonValue, name: string): void {
  if (!isJsonObject(entry)) throw corrupt(name, "it is no JSON object");
  const type = entry["type"];
  const shape = typeof type === "string" && Object.hasOwn(SHAPES, type) ? SHAPES[type as Entry["type"]] : undefined;
  if (shape === undefined) throw corrupt(name, `its type is ${JSON.stringify(type) ?? "missing"}`);
  for (const member in shape) {
    const kind = shape[member as keyof typeof shape] as Kind;
    if (!KINDS[kind](entry[member])) throw corrupt(name, `"${member}" of "${type}" is not what it has to be`);
  }
}

function corrupt(name: string, reason: string, cause?: unknown): MaestroError {
  return new MaestroError("store_corrupt", `${name} cannot be read: ${reason}`, {
    hint: "the store is damaged, or something else wrote into it: restore a copy",
    cause,
  });
}

function checkSize(entry: Entry, most: number): void {
  const text = JSON.stringify(entry);
  if (text.length * MOST_BYTES_A_UNIT <= most) return;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= most) return;
  const step = "step" in entry ? entry.step : null;
  const what = step === null ? "The run's data" : `Data of step "${step}"`;
  throw new MaestroError("payload_too_large", `${what} take ${bytes} bytes, and at most ${most} are allowed`, {
    hint: "keep large data elsewhere and pass a reference to it",
    details: { step, bytes, most },
  });
}

/** One UTF-16 unit takes at most so many bytes in UTF-8. */
const MOST_BYTES_A_UNIT = 3;

/** What a member has to be. */
type Kind = keyof typeof KINDS;

const KINDS = {
  "text": (value) => typeof value === "string",
  "text?": (value) => value === undefined || typeof value === "string",
  "text or null": (value) => value === null || typeof value === "string",
  "number": (value) => typeof value === "number",
  "number?": (value) => value === undefined || typeof value === "number",
  "number or null": (value) => value === null || typeof value === "number",
  "flag": (value) => typeof value === "boolean",
  "json": (value) => value !== undefined,
  "object": isJsonObject,
  "object?": (value) => value === undefined || isJsonObject(value),
  "object or null": (value) => value === null || isJsonObject(value),
  "list": Array.isArray,
  "list?": (value) => value === undefined || Array.isArray(value),
} satisfies Readonly<Record<string, (value: JsonValue | undefined) => boolean>>;

type PlainKind<T> = [T] extends [string] ? "text"
  : [T] extends [number] ? "number"
  : [T] extends [boolean] ? "flag"
  : [T] extends [readonly unknown[]] ? "list"
  : "object";

type KindOf<T> = [JsonValue] extends [T] ? "json"
  : undefined extends T ? `${PlainKind<Exclude<T, undefined>>}?`
  : null extends T ? `${PlainKind<Exclude<T, null>>} or null`
  : PlainKind<T>;

/** Every member of an entry but its type, each with its kind. */
type Shape<E> = { readonly [Member in Exclude<keyof E, "type">]-?: KindOf<E[Member]> };

const OUTCOME = { step: "text", attempts: "number" } as const;

/** What an entry of each type holds. A member that a later release adds is optional, so that old journals stay readable. */
const SHAPES: { readonly [Type in Entry["type"]]: Shape<Extract<Entry, { type: Type }>> } = {
  run_started: {
    workflow: "text",
    version: "text",
    definition: "text",
    input: "json",
    env: "object",
    seed: "text",
    timeoutMs: "number or null",
    endpoints: "object",
    files: "object?",
    attributes: "object?",
    context: "object?",
    generation: "number?",
    firstInput: "text?",
    carried: "list?",
    answers: "list?",
  },
  step_scheduled: {
    step: "text",
    service: "text",
    method: "text",
    request: "json",
    key: "text?",
    compensates: "text?",
  },
  step_completed: { ...OUTCOME, output: "json" },
  step_failed: { ...OUTCOME, failure: "object" },
  step_unknown: { ...OUTCOME, failure: "object" },
  step_cancelled: { ...OUTCOME, failure: "object" },
  timer_set: { timer: "text", due: "number" },
  timer_fired: { timer: "text" },
  step_heartbeat: { step: "text", details: "json" },
  cancel_requested: { reason: "text" },
  signal_awaited: { step: "text", signal: "text" },
  signal_received: { name: "text", data: "json", id: "text" },
  update_received: { name: "text", data: "json", id: "text" },
  update_completed: { id: "text", output: "json", failure: "object or null" },
  patch_applied: { patch: "text" },
  child_scheduled: {
    step: "text",
    runId: "text",
    workflow: "text",
    action: "text",
    input: "json",
    compensates: "text?",
  },
  child_finished: { step: "text", child: "object" },
  rollback_requested: { error: "object or null", replyTo: "object?" },
  run_paused: { pause: "object", error: "object", cause: "text" },
  resume_requested: { step: "text or null", children: "list" },
  run_finished: {
    status: "text",
    cause: "text or null",
    output: "json",
    error: "object or null",
    rollback: "object",
  },
  step_skipped: { step: "text", kind: "text", reason: "text" },
  block_opened: { step: "text", kind: "text" },
  items_counted: { step: "text", count: "number" },
  block_closed: { step: "text", kind: "text", status: "text", failure: "object?" },
  branch_taken: { step: "text", branch: "number" },
  error_handled: { step: "text" },
  attempt_started: { step: "text", attempt: "number" },
  attempt_failed: { step: "text", attempt: "number", failure: "object", class: "text", retryInMs: "number?" },
  signal_refused: { step: "text", signal: "text", reason: "text" },
  reconciled: { step: "text", isDone: "flag" },
  pivot_passed: { step: "text" },
  run_recovered: { inFlight: "list" },
  run_suspended: { unstarted: "list" },
  log: { step: "text", text: "text" },
  attributes_set: { attributes: "object" },
  run_terminated: {},
  rollback_started: { cause: "text", error: "object", steps: "number" },
};
