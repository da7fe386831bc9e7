import process from "node:process";

/** What some work took. */
export interface Cost {
  /** Milliseconds on the wall. */
  readonly wallMs: number;
  /** Milliseconds of processor time of this process, all threads together. */
  readonly cpuMs: number;
}

/** Collects garbage if the runtime lets it, then does the work and says what it took. */
export async function costOf(work: () => Promise<void>): Promise<Cost> {
  collectGarbage();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000 };
}

/** Collects garbage if the runtime lets it. */
export function collectGarbage(): void {
  const { Bun, gc } = globalThis as { readonly Bun?: { gc(isFull: boolean): void }; readonly gc?: () => void };
  if (Bun === undefined) gc?.();
  else Bun.gc(true);
}
