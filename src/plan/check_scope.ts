import type { Issue } from "../base/diagnostics.ts";
import { NameLayer } from "./check_layers.ts";
import { checkMisuse } from "./check_misuse.ts";
import { ANSWER, checkNames, collectDeclarations, type Declarations, type Enclosure } from "./check_names.ts";
import { checkPivots } from "./check_pivots.ts";
import { checkRead, type Reader } from "./check_reads.ts";
import {
  callReferences,
  entryReferences,
  exitReferences,
  namesSetBy,
  type PlacedReference,
  placeReferences,
  serviceReferences,
  verdictReferences,
} from "./check_references.ts";
import { checkUnused, type ReadNames } from "./check_unused.ts";
import type { ForeachStep, Plan, PlanCompensation, PlanReconcile, PlanService, PlanStep } from "./plan.ts";

/** What is known of a document beside its plan. */
export interface ScopeOptions {
  /**
   * Names and ids of steps that could not be compiled: reading them is no error of its own.
   * @default none
   */
  readonly uncompiled?: ReadonlySet<string> | undefined;
}

/**
 * Checks the names that a plan's expressions read: each must be set by then, and be visible where it is read.
 *
 * Also finds reserved and doubly set names, misplaced `return` steps and pivots, and, as warnings, what nothing reads.
 */
export function checkScope(plan: Plan, options: ScopeOptions = {}): readonly Issue[] {
  const declarations = collectDeclarations(plan);
  const walk = new ScopeWalk(plan, declarations, options.uncompiled ?? new Set());
  walk.run();
  return [
    ...checkNames(declarations),
    ...walk.issues,
    ...checkMisuse(plan),
    ...checkPivots(plan),
    ...checkUnused(plan, declarations, walk.reads),
  ];
}

/** The names that are visible at one point; grows as the walk goes on. */
interface Visible {
  readonly names: NameLayer;
  readonly ids: NameLayer;
  /** `item`, `index`, `error` and the names of items. */
  readonly locals: ReadonlySet<string>;
  readonly isFinally: boolean;
}

class ScopeWalk {
  readonly issues: Issue[] = [];
  readonly reads: ReadNames = { names: new Set(), ids: new Set(), services: new Set() };
  readonly #plan: Plan;
  readonly #declarations: Declarations;
  readonly #uncompiled: ReadonlySet<string>;

  constructor(plan: Plan, declarations: Declarations, uncompiled: ReadonlySet<string>) {
    this.#plan = plan;
    this.#declarations = declarations;
    this.#uncompiled = uncompiled;
  }

  run(): void {
    const plan = this.#plan;
    for (const service of plan.services.values()) this.#service(service);
    const visible: Visible = {
      names: new NameLayer(),
      ids: new NameLayer(),
      locals: new Set(),
      isFinally: false,
    };
    this.#sequence(plan.steps, visible, []);
    this.#check(placeReferences("output", ["output"], plan.output?.references), visible, [], undefined);
    this.#sequence(plan.finally, { ...visible, locals: new Set(["error"]), isFinally: true }, []);
  }

  #service(service: PlanService): void {
    const nothing = { names: new NameLayer(), ids: new NameLayer(), locals: new Set<string>(), isFinally: false };
    this.#check(serviceReferences(service), nothing, [], undefined);
  }

  #sequence(steps: readonly PlanStep[], visible: Visible, around: readonly Enclosure[]): void {
    for (const step of steps) this.#step(step, visible, around);
  }

  /** Checks a step and what is in it; afterwards `visible` has the names that it sets. */
  #step(step: PlanStep, visible: Visible, around: readonly Enclosure[]): void {
    this.#check(entryReferences(step, this.#plan.services), visible, around, step);
    if (step.kind === "call") {
      this.reads.services.add(step.call.service);
      // Before the step's own names are there: nobody has its output yet.
      if (step.reconcile !== undefined) this.#reconcile(step, step.reconcile, visible, around);
    }
    const inside = this.#inside(step, visible, around);
    if (Array.isArray(step.onError)) {
      const handler = { ...copy(visible), locals: new Set([...visible.locals, "error"]) };
      merge(handler, inside);
      this.#sequence(step.onError, handler, [...around, { block: step, part: "error" }]);
      merge(visible, handler);
    }
    merge(visible, inside);
    for (const name of namesSetBy(step)) visible.names.add(name);
    if (step.isIdGiven) visible.ids.add(step.id);
    if (step.kind === "call" && step.compensate !== undefined) {
      this.#compensation(step, step.compensate, visible, around);
    }
  }

  /** Walks the parts of a block; gives what is visible behind it because of them. */
  #inside(step: PlanStep, visible: Visible, around: readonly Enclosure[]): Visible {
    if (!hasBody(step)) return visible;
    const within = (part: number): Enclosure[] => [...around, { block: step, part }];
    const behind = copy(visible);
    switch (step.kind) {
      case "group":
        step.steps.forEach((child, index) => this.#step(child, behind, within(index)));
        break;
      case "switch":
        step.branches.forEach((branch, index) => {
          const inner = copy(visible);
          this.#sequence(branch.steps, inner, within(index));
          merge(behind, inner);
        });
        break;
      case "parallel":
      case "race":
        step.steps.forEach((child, index) => {
          const inner = copy(visible);
          this.#step(child, inner, within(index));
          merge(behind, inner);
        });
        break;
      case "dag":
        // Whatever a child reads of its siblings, it waits for; but it cannot wait for itself.
        for (const child of step.steps) addAll(behind, child);
        step.steps.forEach((child, index) => this.#step(child, copy(behind, child), within(index)));
        break;
      case "repeat":
        // A name of the body holds the value of the round before; in the first round null.
        for (const child of step.steps) addAll(behind, child);
        step.steps.forEach((child, index) => this.#step(child, behind, within(index)));
        this.#check(exitReferences(step), behind, within(step.steps.length), undefined);
        break;
      case "foreach":
        this.#iteration(step, visible, around);
        break;
    }
    return behind;
  }

  #iteration(step: ForeachStep, visible: Visible, around: readonly Enclosure[]): void {
    const inner: Visible = { ...copy(visible), locals: new Set([...visible.locals, step.as, "index"]) };
    step.steps.forEach((child, index) => this.#step(child, inner, [...around, { block: step, part: index }]));
    this.#check(exitReferences(step), inner, [...around, { block: step, part: step.steps.length }], undefined);
  }

  #reconcile(step: PlanStep, reconcile: PlanReconcile, visible: Visible, around: readonly Enclosure[]): void {
    this.reads.services.add(reconcile.call.service);
    const question: Visible = { ...visible, locals: new Set([...visible.locals, "idempotency_key"]) };
    this.#check(callReferences(reconcile.call, this.#plan.services), question, around, step);
    const verdict: Visible = { ...visible, locals: new Set([...question.locals, ANSWER]) };
    this.#check(verdictReferences(reconcile), verdict, around, step);
  }

  #compensation(step: PlanStep, compensate: PlanCompensation, visible: Visible, around: readonly Enclosure[]): void {
    this.reads.services.add(compensate.call.service);
    const references = callReferences(compensate.call, this.#plan.services);
    const inner = { ...copy(visible), locals: new Set([...visible.locals, "error"]) };
    this.#check(references, inner, around, undefined);
    if (!compensate.onUnknown || step.output === undefined) return;
    const own = references.filter(({ root, path }) =>
      root === step.output || (root === "steps" && path[0] === step.id && path[1] === "output")
    );
    if (own.some((reference) => reference.isGuarded)) return;
    for (const reference of own) {
      this.issues.push({
        severity: "error",
        code: "output_may_be_null",
        message: `"${step.output}" is null where nobody knows whether the step took effect, and on_unknown is true`,
        hint: `undo by what the step was given, such as the input's own id, or test "${step.output} != null"`,
        path: reference.place,
        span: reference.span,
      });
    }
  }

  #check(
    references: readonly PlacedReference[],
    visible: Visible,
    around: readonly Enclosure[],
    step: PlanStep | undefined,
  ): void {
    const reader: Reader = {
      ...visible,
      around,
      step,
      declarations: this.#declarations,
      uncompiled: this.#uncompiled,
      inputSchema: this.#plan.inputSchema,
    };
    for (const reference of references) {
      if (reference.root === "steps" && reference.path[0] !== undefined) this.reads.ids.add(String(reference.path[0]));
      else this.reads.names.add(reference.root);
      const issue = checkRead(reference, reader);
      if (issue !== undefined) this.issues.push(issue);
    }
  }
}

function hasBody(step: PlanStep): boolean {
  return step.kind === "switch" || "steps" in step;
}

/** What is visible inside a part of a block: what it adds stays there. Without what `child` sets itself, if given. */
function copy(visible: Visible, child?: PlanStep): Visible {
  if (child === undefined) return { ...visible, names: new NameLayer(visible.names), ids: new NameLayer(visible.ids) };
  const own = { names: new Set<string>(), ids: new Set<string>() };
  addAll(own, child);
  return { ...visible, names: new NameLayer(visible.names, own.names), ids: new NameLayer(visible.ids, own.ids) };
}

function merge(into: Visible, from: Visible): void {
  into.names.absorb(from.names);
  into.ids.absorb(from.ids);
}

/** Something that names are added to. */
interface Names {
  readonly names: { add(name: string): unknown };
  readonly ids: { add(name: string): unknown };
}

/** Adds every name that a step lets out, wherever in it that is set. */
function addAll(into: Names, step: PlanStep): void {
  for (const name of namesSetBy(step)) into.names.add(name);
  if (step.isIdGiven) into.ids.add(step.id);
  if (Array.isArray(step.onError)) { for (const child of step.onError) addAll(into, child); }
  if (step.kind === "foreach") return;
  if (step.kind === "switch") {
    for (const branch of step.branches) for (const child of branch.steps) addAll(into, child);
  } else if ("steps" in step) { for (const child of step.steps) addAll(into, child); }
}
