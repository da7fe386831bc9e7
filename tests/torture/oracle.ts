import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isJsonObject, type JsonValue } from "../../src/base/json.ts";
import { judgeRun } from "./judge_run.ts";
import { isLockedOut, type MaestroProcess, type ProcessEnd } from "./maestro_process.ts";
import type { Evidence } from "./evidence.ts";

/** Says everything that is wrong after a round of torture. */
export function judge(evidence: Evidence): string[] {
  if (evidence.exported.size === 0) return [...evidence.problems, "no run is in the store"];
  return [
    ...evidence.problems,
    ...[...evidence.exported.values()].flatMap((exported) => judgeRun(evidence, exported)),
    ...judgeKeys(evidence),
    ...judgeList(evidence),
    ...evidence.processes.flatMap((process) => judgeProcess(process, evidence)),
    ...judgeStore(evidence.folder),
  ];
}

/** No two steps share a key, and no step of a run that the store does not know has called. */
function judgeKeys({ service, exported }: Evidence): string[] {
  const owners = new Map<string, string>();
  return service.calls.flatMap(({ key, run, step }) => {
    const owner = `${run}/${step}`;
    const before = owners.get(key) ?? owner;
    owners.set(key, before);
    return [
      ...(before === owner ? [] : [`${before} and ${owner} share the key ${key}`]),
      ...(exported.has(run) ? [] : [`run ${run} called, and is not in the store`]),
    ];
  });
}

function judgeList({ listed, exported, runs }: Evidence): string[] {
  const found: string[] = [];
  if (new Set(listed.map(({ run_id }) => run_id)).size !== listed.length) found.push("a run is listed twice");
  for (const run of listed) {
    const { output: _, ...record } = exported.get(String(run["run_id"]))!.run;
    if (JSON.stringify(run) !== JSON.stringify(record)) {
      found.push(`the list and the export of ${run["run_id"]} differ`);
    }
    if (run["parent"] === null && !runs.has(String(run["run_id"]))) found.push(`nobody has started ${run["run_id"]}`);
  }
  return found;
}

/** Errors that come of commands for runs that are not there yet, or no longer. */
const FAIR_ERRORS = ["run_not_found", "run_ended"];

const END_CODES: Readonly<Record<string, number>> = {
  completed: 0,
  failed: 1,
  compensated: 4,
  compensation_failed: 5,
  cancelled: 6,
};

function judgeProcess(process: MaestroProcess, evidence: Evidence): string[] {
  const { end, number, args, signals } = process;
  if (end === undefined) return [`process ${number} has not ended`];
  if (isLockedOut(process, evidence.processes)) return [];
  const found: string[] = [];
  const errors = [...end.stderr.matchAll(/error\[(\w+)\]/g)].map(([, code]) => code!);
  const isStore = /sqlite|database|disk image|\block(ed)?\b|unhandled|uncaught|^\s+at .+:\d+/im.test(end.stderr);
  if (isStore || errors.some((code) => !FAIR_ERRORS.includes(code))) found.push(`says ${end.stderr.trim()}`);
  const wasSignalled = signals.some(({ name }) => name === "SIGKILL" || name === "SIGTERM");
  if (end.killedBy !== null && !wasSignalled) found.push(`was ended by ${end.killedBy}`);
  if (end.code !== null) {
    found.push(...judgeAnswer(args, end, evidence, signals.some(({ name }) => name === "SIGTERM")));
  }
  return found.map((text) => `process ${number} (maestro ${args.join(" ")}) ${text}`);
}

/** Whether a command that drives a run told how it ended. */
function judgeAnswer(
  args: readonly string[],
  end: ProcessEnd,
  { exported }: Evidence,
  wasTerminated: boolean,
): string[] {
  const isDriving = args[0] === "execute" || args[1] === "resume" || args[1] === "cancel";
  if (!isDriving || args[1] === "--all" || args[2] === "--all") return [];
  if (wasTerminated && end.code === 143) return [];
  const id = args[0] === "execute" ? args[args.indexOf("--id") + 1]! : args[2]!;
  const run = exported.get(id)?.run;
  const errors = [...end.stderr.matchAll(/error\[(\w+)\]/g)];
  if (errors.length > 0 || run === undefined) return end.code === 2 ? [] : [`ended with ${end.code}`];
  // A child that had ended is reopened when its parent is rolled back.
  if (run["parent"] !== null) return [];
  const expected = END_CODES[String(run["status"])];
  const isPause = end.code === 5 && /paused|crash/.test(end.stdout + end.stderr);
  if (end.code !== expected && !isPause) return [`ended with ${end.code}, the run is ${run["status"]}`];
  if (end.stdout === "" || isPause) return end.code === 0 ? ["says nothing of a run that completed"] : [];
  const answer = JSON.parse(end.stdout) as JsonValue;
  const output = args.includes("-o") ? isJsonObject(answer) ? answer["output"] : undefined : answer;
  return JSON.stringify(output) === JSON.stringify(run["output"]) ? [] : [`answered ${end.stdout}`];
}

function judgeStore(folder: string): string[] {
  const store = join(folder, "store");
  const found: string[] = [];
  for (const name of readdirSync(store)) {
    const { mode } = statSync(join(store, name));
    if ((mode & 0o077) !== 0) found.push(`${name} has the mode ${(mode & 0o777).toString(8)}`);
  }
  const left = readdirSync(join(store, "maestro.db-workers"));
  if (left.length > 0) found.push(`dead processes have left ${left.length} files: ${left.slice(0, 3).join(" ")}`);
  const database = new DatabaseSync(join(store, "maestro.db"));
  const answer = database.prepare("pragma integrity_check").all();
  database.close();
  const isSound = answer.length === 1 && Object.values(answer[0] ?? {})[0] === "ok";
  return isSound ? found : [...found, `the file is damaged: ${JSON.stringify(answer)}`];
}
