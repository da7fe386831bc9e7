import type { JsonValue } from "../../src/base/json.ts";
import type { RunEvent } from "../../src/engine/hooks.ts";
import { createMaestro, type Maestro, type RunHandle, type RunResult } from "../../src/maestro.ts";
import { drain } from "../../src/runtime/drain.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import type { FunctionCall } from "../../src/services/function/adapter.ts";

/** One call that a function service received. */
export interface ReceivedCall {
  readonly method: string;
  readonly input: JsonValue;
  readonly key: string;
}

/** How the functions answer, by method; `undefined` means null. */
export type Answers = Readonly<Record<string, (input: JsonValue, call: FunctionCall) => unknown>>;

/** Options of `runYaml`. */
export interface RunYamlOptions {
  readonly input?: JsonValue;
  readonly env?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Workflows that it can start, by name; each is text as that of `steps`. */
  readonly children?: Readonly<Record<string, string>>;
  /** Called when the run is under way. */
  readonly onStarted?: (run: RunHandle, maestro: Maestro) => void;
}

/** What a run came to, and what the service saw. */
export interface Played {
  readonly result: RunResult;
  readonly calls: readonly ReceivedCall[];
  /** The methods called, in order. */
  readonly methods: readonly string[];
  readonly events: readonly RunEvent[];
}

/** A function error with a code, as a service would answer it. */
export function refuse(code: string, message: string = code): never {
  throw Object.assign(new Error(message), { code });
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A function that answers only when nobody waits any more. */
export function untilAborted(_input: unknown, { signal }: { readonly signal: AbortSignal }): Promise<unknown> {
  return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
}

/**
 * Runs a workflow of one function service `svc`, whose methods are those of `answers`; a method without one answers with its own name.
 *
 * `steps` is the text from `steps:` on, or a whole document where it begins with `name:`.
 */
export async function runYaml(steps: string, answers: Answers = {}, options: RunYamlOptions = {}): Promise<Played> {
  const calls: ReceivedCall[] = [];
  const events: RunEvent[] = [];
  const service = new Proxy({}, {
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }),
    get: (_target, method: string) => async (input: JsonValue, call: FunctionCall) => {
      calls.push({ method, input, key: call.idempotencyKey });
      return method in answers ? await answers[method]!(input, call) : method;
    },
  });
  const { children = {} } = options;
  const readFile = (path: string): Promise<Uint8Array> => {
    const text = children[path.replace(".yaml", "")];
    if (text === undefined) return Promise.reject(new Error(`no file ${path}`));
    return Promise.resolve(new TextEncoder().encode(document(text, path.replace(".yaml", ""))));
  };
  const maestro = testMaestro(readFile, {
    functions: { svc: service, other: service },
    onEvent: (event) => events.push(event),
    ...lookups(options),
  });
  try {
    const run = await maestro.start(await mustLoad(maestro, document(steps)), { input: options.input ?? {} });
    options.onStarted?.(run, maestro);
    const result = await run.result();
    return { result, calls, methods: calls.map(({ method }) => method), events };
  } finally {
    await maestro.close();
  }
}

/** A Maestro on this runtime with memory storage. */
function testMaestro(
  readFile: (path: string) => Promise<Uint8Array>,
  options: Partial<Parameters<typeof createMaestro>[0]>,
): Maestro {
  return createMaestro({ runtime: { name: "bun", fetch: createFetch, drain, readFile }, ...options });
}

/** Loads a workflow that must be valid. */
async function mustLoad(maestro: Maestro, text: string): Promise<Parameters<Maestro["start"]>[0]> {
  const { workflow, diagnostics } = await maestro.load({ file: "test.yaml", text });
  if (workflow === undefined) throw new Error(`${JSON.stringify(diagnostics, null, 2)}\n${text}`);
  return workflow;
}

function document(steps: string, name = "test"): string {
  const text = dedent(steps);
  if (text.startsWith("name:")) return text;
  return `name: ${name}
version: "1"
services:
  svc: { type: function, endpoint: local, circuit_breaker: false, retry: { initial: 1ms } }
${text}`;
}

function dedent(text: string): string {
  const lines = text.replace(/^\n/, "").trimEnd().split("\n");
  const margin = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin)).join("\n");
}

function lookups(
  { env = {}, secrets = {} }: RunYamlOptions,
): Pick<Parameters<typeof createMaestro>[0], "env" | "secrets"> {
  return { env: (name) => env[name], secrets: (name) => secrets[name] };
}
