import type { Storage } from "../../src/engine/storage.ts";
import { createMaestro, type Maestro } from "../../src/maestro.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";

/** The queue of the runs that are interrupted. */
const QUEUE = "bench";

/** Three calls; the second interrupts the run. */
export const INTERRUPTED_WORKFLOW = `name: interrupted
version: "1"
services:
  local: { type: function, endpoint: here }
steps:
  - { id: create, service: local, method: answer, input: { customer: "{{ .input.customer }}" }, output: order }
  - { id: charge, service: local, method: charge, input: { order: "{{ .order.id }}" }, output: payment }
  - { id: ship, service: local, method: answer, input: { payment: "{{ .payment.id }}" } }
output: "{{ .payment.id }}"
`;

/** What the runs that are interrupted need. */
export interface RecovererOptions {
  readonly runtime: Runtime;
  readonly storage: Storage;
  /** What each run's second step calls: in it they are interrupted, and with it they go on. */
  readonly charge: () => unknown;
  /** Hears of each run that has ended. */
  readonly onEnd?: (() => void) | undefined;
}

/** Opens Maestro for the runs that are interrupted. */
export function openRecoverer({ runtime, storage, charge, onEnd }: RecovererOptions): Maestro {
  const answer = (): unknown => ANSWER;
  return createMaestro({
    runtime,
    storage,
    queue: QUEUE,
    functions: { local: { answer, charge } },
    onEvent: ({ entry }) => {
      if (entry.type === "run_finished") onEnd?.();
    },
  });
}

const ANSWER = { id: "ord-7f3a", total: 84.9, currency: "EUR" };

/** Takes over so many interrupted runs and drives them to their ends. */
export async function recoverAll(
  options: Pick<RecovererOptions, "runtime" | "storage">,
  runs: number,
): Promise<{ readonly calledAt: number; readonly endedAt: number }> {
  let calledAt = 0;
  let calls = 0;
  let ends = 0;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const charge = (): unknown => {
    if (++calls === runs) calledAt = performance.now();
    return ANSWER;
  };
  const onEnd = (): void => {
    if (++ends === runs) resolve();
  };
  const maestro = openRecoverer({ ...options, charge, onEnd });
  maestro.listen();
  await ended;
  const endedAt = performance.now();
  await maestro.close();
  return { calledAt, endedAt };
}
