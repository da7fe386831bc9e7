import type { DocumentPath } from "../base/diagnostics.ts";
import type { Reference } from "../expr/mod.ts";
import { childSteps, type PlanCall, type PlanReconcile, type PlanService, type PlanStep } from "./plan.ts";

/** What a template is for; decides which names it may read. */
export type TemplateUse =
  | "when"
  | "until"
  | "foreach"
  | "collect"
  | "set"
  | "output"
  | "return"
  | "fail"
  | "log"
  | "sleep"
  | "sleep_until"
  | "signal"
  | "child_input"
  | "done"
  | "reconciled_output"
  | "method"
  | "stream"
  | "input"
  | "query"
  | "body"
  | "headers"
  | "setting"
  | "service_headers";

/** A read of a name, with its place in the document. */
export interface PlacedReference extends Pick<Reference, "root" | "path" | "isGuarded" | "span"> {
  readonly use: TemplateUse;
  /** Path of the text that holds the template. */
  readonly place: DocumentPath;
}

/** The services of a plan: they tell whether `headers` are written as `metadata`. */
export type Services = ReadonlyMap<string, PlanService>;

/** Puts the references of one template in their place in the document. */
export function placeReferences(
  use: TemplateUse,
  base: DocumentPath,
  references: readonly Reference[] | undefined,
): PlacedReference[] {
  return (references ?? []).map(({ root, path, isGuarded, span, at }) => ({
    root,
    path,
    isGuarded,
    span,
    use,
    place: [...base, ...at],
  }));
}

/** What the settings of a service read. */
export function serviceReferences(service: PlanService): PlacedReference[] {
  const at = (key: string): DocumentPath => [...service.origin, key];
  const headers = service.type === "grpc" ? "metadata" : "headers";
  return [
    ...placeReferences("setting", at("endpoint"), service.endpoint.references),
    ...placeReferences("setting", at("tls"), service.tls?.references),
    ...placeReferences("setting", at("auth"), service.auth?.references),
    ...placeReferences("service_headers", at(headers), service.headers?.references),
  ];
}

/** What a call reads: method, condition, request and stream. */
export function callReferences(call: PlanCall, services: Services): PlacedReference[] {
  const headersKey = services.get(call.service)?.type === "grpc" ? "metadata" : "headers";
  const request = call.request.references.map((reference): PlacedReference => {
    const [member, ...rest] = reference.at;
    const { root, path, isGuarded, span } = reference;
    const key = member === "headers" ? headersKey : member ?? "input";
    return { root, path, isGuarded, span, use: member as TemplateUse, place: [...call.origin, key, ...rest] };
  });
  return [
    ...placeReferences("method", [...call.origin, "method"], call.method.references),
    ...placeReferences("when", [...call.origin, "when"], call.when?.references),
    ...request,
    ...placeReferences("stream", [...call.origin, "stream", "until"], call.stream?.until?.references),
  ];
}

/** What the verdict on an answer reads: `done` and `output` of a `reconcile`, but not its call. */
export function verdictReferences({ call, done, output }: PlanReconcile): PlacedReference[] {
  return [
    ...placeReferences("done", [...call.origin, "done"], done.references),
    ...placeReferences("reconciled_output", [...call.origin, "output"], output?.references),
  ];
}

/** What a step itself reads before anything inside of it has run: not its children, `until`, `collect`, reconciliation or compensation. */
export function entryReferences(step: PlanStep, services: Services): PlacedReference[] {
  const at = (key: string): DocumentPath => [...step.origin, key];
  const own = placeReferences("when", at("when"), step.when?.references);
  switch (step.kind) {
    case "call":
      return [...own, ...callReferences(step.call, services)];
    case "foreach":
      return [...own, ...placeReferences("foreach", at("foreach"), step.items.references)];
    case "switch":
      return [
        ...own,
        ...step.branches.flatMap((branch, index) =>
          placeReferences("when", [...at("switch"), index, "when"], branch.when?.references)
        ),
      ];
    case "set":
      return [...own, ...placeReferences("set", at("set"), step.values.references)];
    case "sleep": {
      const key = step.isUntil ? "sleep_until" : "sleep";
      return [...own, ...placeReferences(key, at(key), step.time.references)];
    }
    case "wait_for":
      return [...own, ...placeReferences("signal", [...at("wait_for"), "signal"], step.signal.references)];
    case "workflow":
      return [...own, ...placeReferences("child_input", at("input"), step.input.references)];
    case "return":
      return [...own, ...placeReferences("return", at("return"), step.value.references)];
    case "fail":
      return [...own, ...placeReferences("fail", at("fail"), step.error.references)];
    case "log":
      return [...own, ...placeReferences("log", at("log"), step.text.references)];
    default:
      return own;
  }
}

/** What a step reads in the scope of its body, after that has run: `until` and `collect`. */
export function exitReferences(step: PlanStep): PlacedReference[] {
  if (step.kind !== "foreach" && step.kind !== "repeat") return [];
  const collect = placeReferences("collect", [...step.origin, "collect"], step.collect?.references);
  if (step.kind === "foreach") return collect;
  return [...placeReferences("until", [...step.origin, "repeat", "until"], step.until.references), ...collect];
}

/** A step and every step in it, handlers of errors included. */
export function* stepsWithin(step: PlanStep): IterableIterator<PlanStep> {
  yield step;
  for (const child of childSteps(step)) yield* stepsWithin(child);
  if (Array.isArray(step.onError)) { for (const child of step.onError) yield* stepsWithin(child); }
}

/** Everything that a step and the steps in it read, reconciliations and compensations included. */
export function* referencesWithin(step: PlanStep, services: Services): IterableIterator<PlacedReference> {
  for (const one of stepsWithin(step)) {
    yield* entryReferences(one, services);
    yield* exitReferences(one);
    if (one.kind !== "call") continue;
    if (one.compensate !== undefined) yield* callReferences(one.compensate.call, services);
    if (one.reconcile === undefined) continue;
    yield* callReferences(one.reconcile.call, services);
    yield* verdictReferences(one.reconcile);
  }
}

/** The names that a step itself sets: its `output`, and those of `set`. */
export function namesSetBy(step: PlanStep): readonly string[] {
  const names = step.kind === "set" ? [...step.names] : [];
  if (step.output !== undefined) names.push(step.output);
  return names;
}
