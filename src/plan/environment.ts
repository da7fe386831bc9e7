import type { Template } from "../expr/mod.ts";
import { type PlacedReference, placeReferences, referencesWithin } from "./check_references.ts";
import type { Plan, PlanService } from "./plan.ts";

/** A variable or secret that a plan reads by name. */
export interface EnvironmentRead {
  readonly name: string;
  /** Whether every read of it allows for its absence. */
  readonly isGuarded: boolean;
}

/** What a plan reads from outside: each name once. */
export interface Environment {
  readonly env: readonly EnvironmentRead[];
  readonly secrets: readonly EnvironmentRead[];
}

/**
 * Collects the variables and secrets that a plan reads, so that a missing one is found before the first call.
 *
 * What only the endpoints of the services in `replaced` read is left out: something else stands in their place.
 */
export function readsEnvironment(plan: Plan, replaced: Readonly<Record<string, string>> = {}): Environment {
  const references = [...planReferences(plan, replaced)];
  return { env: namesUnder("env", references), secrets: namesUnder("secrets", references) };
}

/** Joins what several plans read: a name is guarded where all of them guard it. */
export function joinEnvironments(all: readonly Environment[]): Environment {
  return { env: joinReads(all.map(({ env }) => env)), secrets: joinReads(all.map(({ secrets }) => secrets)) };
}

function joinReads(lists: readonly (readonly EnvironmentRead[])[]): readonly EnvironmentRead[] {
  const guarded = new Map<string, boolean>();
  for (const { name, isGuarded } of lists.flat()) guarded.set(name, (guarded.get(name) ?? true) && isGuarded);
  return [...guarded].map(([name, isGuarded]) => ({ name, isGuarded }));
}

/** Everything that a plan's templates read, service settings included, except the endpoints of the services in `replaced`. */
export function* planReferences(
  plan: Plan,
  replaced: Readonly<Record<string, string>> = {},
): IterableIterator<Pick<PlacedReference, "root" | "path" | "isGuarded">> {
  for (const service of plan.services.values()) {
    if (!Object.hasOwn(replaced, service.name)) yield* service.endpoint.references;
    for (const template of optionalTemplates(service)) yield* template.references;
  }
  for (const step of [...plan.steps, ...plan.finally]) yield* referencesWithin(step, plan.services);
  yield* placeReferences("output", ["output"], plan.output?.references);
}

function optionalTemplates({ tls, headers, auth }: PlanService): readonly Template[] {
  return [tls, headers, auth].filter((template) => template !== undefined);
}

function namesUnder(
  root: string,
  references: readonly Pick<PlacedReference, "root" | "path" | "isGuarded">[],
): readonly EnvironmentRead[] {
  const reads = references.flatMap(({ root: from, path: [name], isGuarded }) =>
    from === root && typeof name === "string" ? [{ name, isGuarded }] : []
  );
  return joinReads([reads]);
}
