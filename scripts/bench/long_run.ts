import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { openRunner } from "./rival.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { collectGarbage } from "./stopwatch.ts";

/** What the first and the last steps of a long run cost. */
export interface LongRunRow {
  readonly block: Block;
  readonly store: "memory" | "sqlite";
  readonly steps: number;
  /** Microseconds of a step, over the first and over the last thousand. */
  readonly first: Spread;
  readonly last: Spread;
  /** The last by the first of the same run. */
  readonly growth: Spread;
  /** The same in processor time. */
  readonly cpuGrowth: Spread;
}

type Block = "foreach" | "repeat";

const STEPS = 10_000;
const WINDOW = 1_000;

const CASES = (["foreach", "repeat"] as const).flatMap((block) =>
  (["memory", "sqlite"] as const).map((store) => ({ block, store }))
);

type Case = (typeof CASES)[number];

/** Where a run stood at a step. */
interface Mark {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** What a thousand steps took, at both ends of a run. */
interface Ends {
  readonly first: Mark;
  readonly last: Mark;
}

/** Runs 10,000 calls of a function one after the other, by a `foreach` and by a `repeat`, `async` so that the disk does not count. */
export async function benchLongRun(
  { runtime, rounds }: { readonly runtime: Runtime; readonly rounds: number },
): Promise<LongRunRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  try {
    const rows: LongRunRow[] = [];
    for (const each of CASES) {
      const url = each.store === "memory" ? "memory:" : `sqlite:${join(folder, `${each.block}.db`)}`;
      rows.push(rowOf(each, await measure(runtime, each, url, rounds)));
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The first run of all is for the compiler. */
async function measure(runtime: Runtime, { block }: Case, url: string, rounds: number): Promise<readonly Ends[]> {
  let marks: Mark[] = [];
  const work = (): null => {
    if (marks.length % WINDOW === 0) {
      const { user, system } = process.cpuUsage();
      marks.push({ wallMs: performance.now(), cpuMs: (user + system) / 1_000 });
    } else marks.push(NO_MARK);
    return null;
  };
  const maestro = await openRunner({
    runtime,
    storage: await openStorage(url),
    functions: { local: { work } },
    text: longWorkflow(block),
    input: {},
    output: "done",
  });
  const ends: Ends[] = [];
  for (let round = 0; round < rounds; round++) {
    marks = [];
    collectGarbage();
    await maestro.run();
    ends.push({
      first: between(marks[0]!, marks[WINDOW]!),
      last: between(marks[STEPS - WINDOW]!, marks[STEPS]!),
    });
  }
  await maestro.close();
  return ends;
}

const NO_MARK: Mark = { wallMs: 0, cpuMs: 0 };

function between(from: Mark, to: Mark): Mark {
  return { wallMs: to.wallMs - from.wallMs, cpuMs: to.cpuMs - from.cpuMs };
}

function rowOf(each: Case, ends: readonly Ends[]): LongRunRow {
  return {
    ...each,
    steps: STEPS,
    first: spreadOf(ends.map(({ first }) => first.wallMs / WINDOW * 1_000)),
    last: spreadOf(ends.map(({ last }) => last.wallMs / WINDOW * 1_000)),
    growth: spreadOf(ends.map(({ first, last }) => last.wallMs / first.wallMs)),
    cpuGrowth: spreadOf(ends.map(({ first, last }) => last.cpuMs / first.cpuMs)),
  };
}

/** One step more than is measured: the last thousand end where the next step begins. */
function longWorkflow(block: Block): string {
  const head = block === "foreach"
    ? `foreach: "{{ range(0, ${STEPS + 1}) }}"`
    : `repeat: { until: "{{ .round == ${STEPS + 1} }}", max: ${STEPS + 1} }`;
  const body = block === "foreach" ? "" : '      - set: { round: "{{ default(.round, 0) + 1 }}" }\n';
  return `name: long
version: "1"
durability: async
services:
  local: { type: function, endpoint: here }
steps:
  - ${head}
    steps:
${body}      - { service: local, method: work, input: { number: "{{ ${block === "foreach" ? ".item" : ".round"} }}" } }
output: done
`;
}
