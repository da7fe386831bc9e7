import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MaestroError } from "../../src/base/errors.ts";
import { canonicalJson } from "../../src/base/json.ts";
import { isFinal, type RunStatus } from "../../src/engine/run.ts";
import type {
  CommitTurnRequest,
  ListRunsRequest,
  Message,
  MessageBody,
  RunChange,
  Storage,
} from "../../src/engine/storage.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { openSqlite } from "../../src/storage/sqlite/open_sqlite.ts";
import { createRequest, runRecord, startedEntry, turn, worker } from "../../src/testing/storage_contract/samples.ts";
import { withScratch } from "./scratch_store.ts";

/** One call of a store, made of what it has answered to those before. */
interface Call {
  [fc.toStringMethod](): string;
  make(storage: Storage, state: State): Promise<unknown>;
}

/** What a caller knows of one store, and the clock. */
interface State {
  readonly heads: Map<string, { token: number; head: number }>;
  /** What has been committed, or tried to. */
  readonly commits: CommitTurnRequest[];
  readonly tick: (ms: number) => void;
}

/** Sequences that are tried. What fails is not made smaller: that would keep the disk busy for a minute. */
const SEQUENCES = 60;

const IDS = ["a", "b", "c"];
const STATUSES: readonly RunStatus[] = ["running", "waiting", "paused", "completed", "cancelled"];
const BODIES: readonly MessageBody[] = [
  { kind: "signal", name: "paid", data: 1 },
  { kind: "update", name: "rename", data: "x" },
  { kind: "cancel" },
  { kind: "terminate" },
  { kind: "resume" },
  { kind: "compensate", error: null },
];

const id = fc.constantFrom(...IDS);
const workerId = fc.constantFrom("v", "w");
const attributes = fc.dictionary(
  fc.constantFrom("x", "y", "z"),
  fc.constantFrom<string | number | boolean>(1, 2, "1", true, "ü"),
);

const messages = fc.record({ runId: id, id: fc.constantFrom("m1", "m2", "m3"), body: fc.constantFrom(...BODIES) })
  .map(({ body, ...rest }): Message => ({ ...rest, time: 5, ...body }));

const change = fc.record({
  status: fc.constantFrom(...STATUSES),
  wakeAt: fc.constantFrom(null, 1_000, 2_000, 1e15),
  attributes,
  output: fc.constantFrom(null, { total: 1 }),
}, { requiredKeys: [] }).map((given): RunChange =>
  given.status === undefined ? given : { ...given, finishedAt: isFinal(given.status) ? 100 : null }
);

const creations = fc.record({ id, attributes, owner: fc.option(workerId), internal: fc.nat(1) }).map((given): Call => ({
  [fc.toStringMethod]: () => `create ${JSON.stringify(given)}`,
  async make(storage, { heads }) {
    const run = runRecord(given.id, {
      attributes: given.attributes,
      internalId: `${given.id}${given.internal}`,
      durability: "async",
    });
    const request = createRequest(run, given.owner === null ? undefined : worker(given.owner));
    const claim = await storage.createRun(
      given.owner === null ? { ...request, first: { started: startedEntry() } } : request,
    );
    if (claim !== undefined) heads.set(given.id, { token: claim.token, head: 1 });
    return claim;
  },
}));

const commits = fc.record({
  id,
  change,
  hasTurn: fc.constantFrom(true, true, false),
  isLarge: fc.boolean(),
  restart: fc.boolean(),
  release: fc.constantFrom(false, false, true),
  isLate: fc.constantFrom(false, false, false, false, true),
  taken: fc.subarray(["m1", "m2", "m3"]),
  messages: fc.array(messages, { maxLength: 2 }),
  child: fc.option(id),
}).map((given): Call => ({
  [fc.toStringMethod]: () => `commit ${JSON.stringify(given)}`,
  async make(storage, { heads, commits }) {
    const { token, head } = heads.get(given.id) ?? { token: -1, head: 0 };
    const parent = { runId: given.id, step: "s" };
    const child = given.child === null ? undefined : `${given.id}/${given.child}`;
    const request: CommitTurnRequest = {
      claim: { runId: given.id, token },
      head: given.isLate ? head + 1 : head,
      turnId: `turn ${commits.length}`,
      turn: given.hasTurn ? turn(commits.length, given.isLarge ? "x".repeat(70_000) : "short") : undefined,
      change: given.change,
      restart: given.restart,
      release: given.release,
      taken: given.taken,
      messages: given.messages,
      children: child === undefined
        ? undefined
        : [createRequest(runRecord(child, { parent, root: given.id, attributes: { x: 1 } }), worker("w"))],
    };
    commits.push(request);
    await storage.commitTurn(request);
    // Whoever has let go of a run has no right to it any more.
    if (given.release) heads.delete(given.id);
    else heads.set(given.id, { token, head: head + (given.hasTurn ? 1 : 0) });
    return undefined;
  },
}));

const claims = fc.record({ worker: workerId, ids: fc.subarray(IDS), hasDrives: fc.boolean() }).map((given): Call => ({
  [fc.toStringMethod]: () => `claim ${JSON.stringify(given)}`,
  async make(storage, { heads }) {
    const { runs, mail, nextWakeAt } = await storage.claimRuns({
      worker: worker(given.worker),
      queues: ["work"],
      runIds: given.ids,
      limit: 100,
      ...(given.hasDrives ? { drives: given.ids } : undefined),
    });
    for (const { claim: { runId, token }, head } of runs) heads.set(runId, { token, head });
    // Runs that are due at the same time come in any order, and so does the mail of different runs.
    const byRun = <T>(list: readonly T[], key: (item: T) => string): T[] =>
      [...list].sort((one, other) => key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0);
    return [byRun(runs, ({ run }) => run.id), byRun(mail, ({ runId }) => runId), nextWakeAt];
  },
}));

const lists = fc.record({
  status: fc.subarray([...STATUSES]),
  attributes,
  text: fc.constantFrom("a", "ü", "1", "ORD", "tru"),
  idPrefix: fc.constantFrom("a", "a/", "b", ""),
  rootsOnly: fc.boolean(),
  parent: id,
}, { requiredKeys: [] }).map((request): Call => ({
  [fc.toStringMethod]: () => `list ${JSON.stringify(request)}`,
  async make(storage) {
    const found: unknown[] = [];
    let cursor: ListRunsRequest["cursor"];
    do {
      const page = await storage.listRuns({ ...request, cursor, limit: 2 });
      found.push(page.runs);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  },
}));

const reads = fc.record({ id, from: fc.nat(6), limit: fc.nat(4) }).map((given): Call => ({
  [fc.toStringMethod]: () => `read ${JSON.stringify(given)}`,
  make: async (storage) => [
    await storage.readJournal({ runId: given.id, from: given.from, limit: given.limit }),
    await storage.readJournal({ runId: given.id }),
    await storage.readPending({ runId: given.id }),
    await storage.findRun({ runId: given.id }),
    (await storage.stats()).runs,
  ],
}));

const others: fc.Arbitrary<Call> = fc.oneof(
  messages.map((message): Call => ({
    [fc.toStringMethod]: () => `deliver ${JSON.stringify(message)}`,
    make: (storage) => storage.deliver({ message }),
  })),
  fc.constantFrom(1, 2).map((back): Call => ({
    [fc.toStringMethod]: () => `commit again what was ${back} before`,
    make: async (storage, { commits }) => {
      const request = commits.at(-back);
      if (request !== undefined) await storage.commitTurn(request);
    },
  })),
  fc.constantFrom(100, 31_000).map((ms): Call => ({
    [fc.toStringMethod]: () => `wait ${ms}`,
    make: (_storage, { tick }) => Promise.resolve(tick(ms)),
  })),
  fc.record({ runId: fc.option(id, { nil: undefined }), limit: fc.constantFrom(1, 100) }).map((request): Call => ({
    [fc.toStringMethod]: () => `delete ${JSON.stringify(request)}`,
    // Trees that ended at the same time go in any order.
    make: (storage) => storage.deleteRuns(request.runId === undefined ? { limit: 100 } : request),
  })),
);

/** What a call came to: its answer as JSON, or the code of its refusal. */
async function outcome(call: Call, storage: Storage, state: State): Promise<string> {
  try {
    return canonicalJson(await call.make(storage, state) ?? null);
  } catch (error) {
    if (MaestroError.is(error)) return error.code;
    throw error;
  }
}

describe("a SQLite file", () => {
  it("answers every call as the store in memory does", () =>
    withScratch(async (scratch) => {
      let files = 0;
      const calls = fc.array(fc.oneof(creations, commits, commits, claims, lists, reads, others), {
        minLength: 10,
        maxLength: 60,
        size: "max",
      });
      await fc.assert(
        fc.asyncProperty(calls, async (made) => {
          let time = 1_000;
          const now = (): number => time;
          const [memory, sqlite] = [
            new MemoryStorage({ now }),
            await openSqlite(scratch.path(`${files++}.db`), { now }),
          ];
          const known = (tick: State["tick"]): State => ({ heads: new Map(), commits: [], tick });
          const states = [known((ms) => void (time += ms)), known(() => undefined)] as const;
          try {
            for (const [index, call] of made.entries()) {
              const wanted = await outcome(call, memory, states[0]);
              const seen = await outcome(call, sqlite, states[1]);
              assert.equal(seen, wanted, `call ${index}, ${call[fc.toStringMethod]()}`);
            }
          } finally {
            await sqlite[Symbol.asyncDispose]();
          }
        }),
        { numRuns: SEQUENCES, endOnFailure: true },
      );
    }));
});
