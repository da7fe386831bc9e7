import { copyJson, type JsonValue } from "../base/json.ts";

/** The workflow data as conditions and outputs see it. */
export interface ReadonlyWorkflowData<Data extends object> {
  /** The value of a key; `undefined` where it has none. */
  get<Key extends keyof Data & string>(key: Key): Data[Key];
  /** Whether a key has a value. */
  has(key: keyof Data & string): boolean;
  /** A copy of everything. */
  snapshot(): Data;
}

/**
 * Values that the nodes of a run share by name.
 *
 * A node sees what was set by the nodes that it waits for, at first hand or not, so that the result does not depend on who is faster; of
 * two that do not wait for each other, the one that stands later in the DAG's order wins. What an action sets becomes part of its node's
 * outcome: a failed attempt leaves nothing behind, and after a restart the same values are there.
 */
export interface WorkflowData<Data extends object> extends ReadonlyWorkflowData<Data> {
  /** Sets a value, which is taken as JSON. */
  set<Key extends keyof Data & string>(key: Key, value: Data[Key]): void;
  /** Takes a value away. */
  delete(key: keyof Data & string): void;
  /** Makes everything as it was in a snapshot: other keys are taken away. */
  restore(snapshot: Data): void;
}

/** What one action has changed, as the journal holds it. */
export interface DataChanges {
  readonly set: Readonly<Record<string, JsonValue>>;
  /** Absent where nothing was taken away. */
  readonly deleted?: readonly string[] | undefined;
}

/** Puts changes into values. */
export function applyChanges(values: Map<string, JsonValue>, { set, deleted = [] }: DataChanges): void {
  for (const key of deleted) values.delete(key);
  for (const [key, value] of Object.entries(set)) values.set(key, value);
}

/** The data of one attempt. What it starts from is read when it is first asked for. */
export class NodeData implements WorkflowData<Record<string, unknown>> {
  readonly #read: () => Map<string, JsonValue>;
  readonly #set = new Map<string, JsonValue>();
  readonly #deleted = new Set<string>();
  /** Whether what is set goes anywhere. */
  readonly isWritable: boolean;
  #values: Map<string, JsonValue> | undefined;

  constructor(read: () => Map<string, JsonValue>, isWritable: boolean) {
    this.#read = read;
    this.isWritable = isWritable;
  }

  get(key: string): unknown {
    const value = this.#all().get(key);
    return value === undefined ? undefined : copyJson(value);
  }

  has(key: string): boolean {
    return this.#all().has(key);
  }

  snapshot(): Record<string, unknown> {
    return copyJson(Object.fromEntries(this.#all())) as Record<string, unknown>;
  }

  set(key: string, value: unknown): void {
    if (value === undefined) return this.delete(key);
    this.#mustBeWritable();
    const stored: JsonValue = JSON.parse(JSON.stringify(value) ?? "null");
    this.#all().set(key, stored);
    this.#set.set(key, stored);
    this.#deleted.delete(key);
  }

  delete(key: string): void {
    this.#mustBeWritable();
    if (!this.#all().delete(key)) return;
    this.#set.delete(key);
    this.#deleted.add(key);
  }

  restore(snapshot: Readonly<Record<string, unknown>>): void {
    for (const key of [...this.#all().keys()]) if (!Object.hasOwn(snapshot, key)) this.delete(key);
    for (const [key, value] of Object.entries(snapshot)) this.set(key, value);
  }

  /** What has been changed. */
  get changes(): DataChanges {
    const set = Object.fromEntries(this.#set);
    return this.#deleted.size === 0 ? { set } : { set, deleted: [...this.#deleted] };
  }

  #mustBeWritable(): void {
    if (!this.isWritable) {
      throw new TypeError("The data cannot be changed here: only actions can, of a DAG that declares data()");
    }
  }

  #all(): Map<string, JsonValue> {
    return this.#values ??= this.#read();
  }
}
