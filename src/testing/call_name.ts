/** What a name of a call is held against. */
export interface NamedCall {
  /** The step's path. */
  readonly step: string;
  readonly service: string;
  readonly method: string;
}

/**
 * How exactly a name means a call; 0: not at all.
 *
 * `steps.ID` is a step by its id or path, the undoing of one by `steps.ID/compensate`; then come `service.method`, `method`, `service`.
 * In a method, `*` and a template stand for anything.
 */
export function exactness(name: string, { step, service, method }: NamedCall): number {
  if (name.startsWith("steps.")) {
    const wanted = name.slice("steps.".length);
    const plain = step.replaceAll(/\[\d+\]/g, "");
    return wanted === step ? 9 : wanted === plain ? 8 : wanted === lastId(plain) ? 7 : 0;
  }
  if (name === `${service}.${method}`) return 6;
  const open = name.replaceAll(/\{\{.*?\}\}/g, "*");
  const ofService = open.startsWith(`${service}.`) ? open.slice(service.length + 1) : undefined;
  if (ofService !== undefined && fits(ofService, method)) return 5;
  if (name === method) return 4;
  if (name === service) return 2;
  return fits(open, method) ? 3 : 0;
}

/** The last id of a path, with what undoes it: `a/b/charge/compensate` gives `charge/compensate`. */
export function lastId(path: string): string {
  return /[^/]+(\/compensate(![0-9]+)?)?$/.exec(path)?.[0] ?? path;
}

function fits(pattern: string, method: string): boolean {
  if (!pattern.includes("*")) return false;
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(method);
}
