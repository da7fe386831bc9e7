import { MaestroError } from "./base/errors.ts";
import type { JsonValue } from "./base/json.ts";
import { checkAttributes } from "./engine/attributes.ts";
import type { JournalTurn } from "./engine/journal.ts";
import { isFinal, type RunStatus } from "./engine/run.ts";
import type {
  DeleteRunsRequest,
  ListRunsRequest,
  PendingTurn,
  RunPage,
  Storage,
  StoredRun,
  StoreStats,
} from "./engine/storage.ts";
import { foldRun, type RunDetails } from "./run_details.ts";

export type { RunPage, StoredRun, StoreStats };

/** Which runs `RunStore.list` gives; conditions are joined by "and". */
export type RunQuery = ListRunsRequest;

/** Which ended runs `RunStore.prune` deletes. */
export type PruneQuery = Pick<DeleteRunsRequest, "status"> & { readonly endedBefore: number };

/** All of one run, for another program or another day. */
export interface RunExport {
  readonly run: StoredRun;
  /** The definition bundle that the run pins; null where the store has lost it. */
  readonly definition: JsonValue;
  /** From where it last began anew. */
  readonly journal: readonly JournalTurn[];
  /** What its next turn will be made of. */
  readonly pending: PendingTurn;
}

/** Shorter beginnings of ids are not looked for: they would name too many runs. */
const SHORTEST_PREFIX = 6;

/** Runs that an ambiguous beginning of an id names in the error. */
const MOST_NAMED = 10;

/** Runs that are read at a time where all are looked at. */
const PAGE = 500;

/** Trees that are deleted in one transaction. */
const TREES_AT_ONCE = 50;

/** A store as people look at it: reads and housekeeping. Advances no run, owns none. */
export class RunStore {
  /** What it looks into. */
  readonly storage: Storage;

  /** Takes over the storage: `close` closes it. */
  constructor(storage: Storage) {
    this.storage = storage;
  }

  /**
   * Gives a page of runs, newest first.
   *
   * @throws {MaestroError} `invalid_input` for attributes that no run can have, `usage` for a cursor that is none.
   */
  async list(query: RunQuery): Promise<RunPage> {
    if (query.attributes !== undefined) checkAttributes(query.attributes);
    return await this.storage.listRuns(query);
  }

  /** Gives all runs that fit, newest first, page by page; runs that are created meanwhile are not among them. */
  async *all(query: Omit<RunQuery, "limit" | "cursor">): AsyncGenerator<StoredRun> {
    let cursor: string | undefined;
    do {
      const page = await this.storage.listRuns({ ...query, cursor, limit: PAGE });
      yield* page.runs;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /**
   * Finds a run by its id, or by at least six characters that only its id and those of its children begin with.
   *
   * @throws {MaestroError} `run_not_found`; `usage` where several ids begin so.
   */
  async find(reference: string): Promise<StoredRun> {
    const run = await this.storage.findRun({ runId: reference });
    if (run !== undefined) return run;
    const found: StoredRun[] = [];
    if (reference.length >= SHORTEST_PREFIX) {
      for await (const candidate of this.all({ idPrefix: reference })) {
        const { id, parent } = candidate;
        // It has come meanwhile.
        if (id === reference) return candidate;
        if (parent?.runId.startsWith(reference) !== true) found.push(candidate);
        if (found.length > MOST_NAMED) break;
      }
    }
    if (found.length === 1) return found[0]!;
    if (found.length === 0) throw notFound(reference);
    const named = found.slice(0, MOST_NAMED).map(({ id }) => id).join(", ");
    const more = found.length > MOST_NAMED ? " and more" : "";
    throw new MaestroError("usage", `Several runs begin with "${reference}": ${named}${more}`, {
      hint: "give more of the id",
    });
  }

  /** Reads a run again; `undefined` where it was deleted. */
  refresh(runId: string): Promise<StoredRun | undefined> {
    return this.storage.findRun({ runId });
  }

  /** Reads a run's journal, or no more than its first turns. */
  async journal(runId: string, limit?: number): Promise<readonly JournalTurn[]> {
    return (await this.storage.readJournal({ runId, limit })).turns;
  }

  /** Reads all that a run's journal tells; of one that nobody has begun, what it will be started with. */
  async details(run: StoredRun): Promise<RunDetails> {
    if (run.head > 0) return foldRun(run, await this.journal(run.id));
    const started = (await this.storage.readPending({ runId: run.id }))?.started;
    return foldRun(run, started === undefined ? [] : [{ time: run.startedAt, entries: [started] }]);
  }

  /** Reads the definition bundle that a run pins, as text. */
  definition(run: StoredRun): Promise<string | undefined> {
    return this.storage.readDefinition({ hash: run.definition });
  }

  /** Reads all of a run. */
  async export(run: StoredRun): Promise<RunExport> {
    const text = await this.definition(run);
    return {
      run,
      definition: text === undefined ? null : JSON.parse(text) as JsonValue,
      journal: await this.journal(run.id),
      pending: await this.storage.readPending({ runId: run.id }) ?? { messages: [] },
    };
  }

  /** Deletes ended runs and their children, a few trees at a time; gives how many runs went. */
  async prune(query: PruneQuery): Promise<number> {
    let count = 0;
    for (;;) {
      const deleted = await this.storage.deleteRuns({ ...query, limit: TREES_AT_ONCE });
      if (deleted === 0) return count;
      count += deleted;
    }
  }

  /** How many runs `prune` would delete. */
  async countPrunable({ endedBefore, status }: PruneQuery): Promise<number> {
    const trees = new Map<string, { runs: number; isOld: boolean; isOpen: boolean }>();
    for await (const run of this.all({})) {
      const tree = trees.get(run.root) ?? { runs: 0, isOld: false, isOpen: false };
      trees.set(run.root, tree);
      tree.runs++;
      if (!isFinal(run.status)) tree.isOpen = true;
      if (run.parent === null) tree.isOld = isOlder(run, endedBefore, status);
    }
    let count = 0;
    for (const { runs, isOld, isOpen } of trees.values()) if (isOld && !isOpen) count += runs;
    return count;
  }

  /** Counts of what the store holds. */
  stats(): Promise<StoreStats> {
    return this.storage.stats();
  }

  /** Closes the storage. */
  async close(): Promise<void> {
    await this.storage[Symbol.asyncDispose]();
  }
}

function notFound(reference: string): MaestroError {
  const isShort = reference.length < SHORTEST_PREFIX;
  return new MaestroError("run_not_found", `There is no run "${reference}"`, {
    hint: isShort
      ? `the beginning of an id needs at least ${SHORTEST_PREFIX} characters; \`maestro runs list\` shows the runs`
      : "`maestro runs list` shows the runs",
  });
}

function isOlder(run: StoredRun, endedBefore: number, status: readonly RunStatus[] | undefined): boolean {
  return run.finishedAt !== null && run.finishedAt < endedBefore && (status?.includes(run.status) ?? true);
}
