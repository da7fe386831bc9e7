import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonValue } from "../base/json.ts";
import { didYouMean } from "../base/text.ts";
import type { MethodType, ServiceTypes, ValueType } from "../engine/message_type.ts";
import { checkAnswerKinds, type FindRoot, type TypedRoot, typeOfTemplate } from "./check_answer_kinds.ts";
import { ANY, followPath, shape, TEXT } from "./check_members.ts";
import { ANSWER, partsOf } from "./check_names.ts";
import {
  callReferences,
  entryReferences,
  exitReferences,
  type PlacedReference,
  placeReferences,
  verdictReferences,
} from "./check_references.ts";
import { checkValue } from "./check_request.ts";
import { typeOfSchema } from "./check_schema_type.ts";
import type { Plan, PlanCall, PlanReconcile, PlanStep } from "./plan.ts";
import { findSignals } from "./signals.ts";

/**
 * Checks the calls of a plan, and what expressions read of their answers, against the messages of their services; what they read of
 * signals against the schemas of those.
 *
 * Services without an entry in `types` are not checked, nor is what comes from them. Give it a plan with its `document`:
 * without one, the literal values of inputs are not looked at.
 */
export function checkTypes(plan: Plan, types: ReadonlyMap<string, ServiceTypes>): readonly Issue[] {
  if (types.size === 0 && findSignals(plan).every(({ schema }) => schema === undefined)) return [];
  const walk = new TypeWalk(plan, types);
  // A body may read what it sets itself, and a dag what stands below: the first walk only learns.
  walk.run();
  walk.issues.length = 0;
  walk.run();
  return walk.issues;
}

/** Types of `item` and of renamed items, innermost last. */
type Locals = ReadonlyMap<string, ValueType>;

class TypeWalk {
  readonly issues: Issue[] = [];
  readonly #plan: Plan;
  readonly #types: ReadonlyMap<string, ServiceTypes>;
  readonly #names = new Map<string, ValueType>();
  readonly #outputs = new Map<string, ValueType>();

  constructor(plan: Plan, types: ReadonlyMap<string, ServiceTypes>) {
    this.#plan = plan;
    this.#types = types;
  }

  run(): void {
    const seen = new Set<string>();
    for (const step of [...this.#plan.steps, ...this.#plan.finally]) this.#step(step, new Map(), seen);
    this.#references(placeReferences("output", ["output"], this.#plan.output?.references), new Map());
  }

  #step(step: PlanStep, locals: Locals, seen: Set<string>): ValueType {
    const entry = entryReferences(step, this.#plan.services);
    this.#references(entry.filter(({ use }) => use !== "stream"), locals);
    if (step.kind === "call") {
      this.#references(entry.filter(({ use }) => use === "stream"), this.#streamItem(step.call, locals));
    }
    const inner = step.kind === "foreach"
      ? this.#item(step.as, this.#itemType([...step.origin, "foreach"], locals), locals)
      : locals;
    const last: ValueType[] = [];
    let handled: ValueType | undefined;
    for (const { part, steps } of partsOf(step)) {
      let type: ValueType = ANY;
      for (const child of steps) type = this.#step(child, part === "error" ? locals : inner, seen);
      if (part === "error") handled = type;
      else last.push(type);
    }
    this.#references(exitReferences(step), inner);
    const own = this.#outputOf(step, last, inner);
    const output = handled === undefined || handled === own ? own : ANY;
    if (step.output !== undefined) this.#setName(step.output, output, seen);
    if (step.isIdGiven) this.#outputs.set(step.id, output);
    return output;
  }

  /** A name that branches share has a type only where they agree. */
  #setName(name: string, type: ValueType, seen: Set<string>): void {
    this.#names.set(name, seen.has(name) && this.#names.get(name) !== type ? ANY : type);
    seen.add(name);
  }

  #outputOf(step: PlanStep, last: readonly ValueType[], locals: Locals): ValueType {
    switch (step.kind) {
      case "call": {
        const type = this.#call(step.call, locals);
        if (step.reconcile !== undefined) this.#reconcile(step.reconcile, locals);
        if (step.compensate !== undefined) this.#compensation(step.compensate.call, step.output, type, locals);
        return type;
      }
      case "wait_for":
        return typeOfSchema(step.schema);
      case "group":
        return last.at(-1) ?? ANY;
      case "switch":
        return last.every((type) => type === last[0]) ? last[0] ?? ANY : ANY;
      case "parallel":
      case "dag":
        return shape(
          `The output of "${step.id}"`,
          new Map(
            step.steps.flatMap((child, index) =>
              child.output === undefined ? [] : [[child.output, last[index] ?? ANY]]
            ),
          ),
        );
      case "foreach":
      case "repeat": {
        const item = step.collect === undefined
          ? last.at(-1) ?? ANY
          : this.#valueType(this.#at([...step.origin, "collect"]), locals);
        return step.kind === "repeat" && step.collect === undefined ? item : { kind: "list", item };
      }
      case "set": {
        const values = this.#at([...step.origin, "set"]);
        for (const name of step.names) {
          this.#names.set(name, isJsonObject(values) ? this.#valueType(values[name], locals) : ANY);
        }
        return ANY;
      }
      default:
        return ANY;
    }
  }

  #compensation(call: PlanCall, output: string | undefined, type: ValueType, locals: Locals): void {
    // The step's own output is there by then, though its name is given only after this.
    if (output !== undefined) this.#names.set(output, type);
    this.#references(callReferences(call, this.#plan.services).filter(({ use }) => use !== "stream"), locals);
    this.#call(call, locals);
  }

  #reconcile(reconcile: PlanReconcile, locals: Locals): void {
    const { call } = reconcile;
    this.#references(callReferences(call, this.#plan.services).filter(({ use }) => use !== "stream"), locals);
    this.#references(verdictReferences(reconcile), this.#item(ANSWER, this.#call(call, locals), locals));
  }

  /** Checks a call's method and input; gives the type of its output. */
  #call(call: PlanCall, locals: Locals): ValueType {
    const method = this.#method(call);
    if (method === undefined) return ANY;
    this.#input(call, method, locals);
    if (call.stream !== undefined && !method.serverStreaming) {
      this.#error("not_a_stream", `${method.name} answers with one message, not with a stream`, [
        ...call.origin,
        "stream",
      ], { onKey: true });
    }
    const answer: ValueType = method.serverStreaming ? { kind: "list", item: method.output } : method.output;
    if (call.response !== "full") return answer;
    const texts: ValueType = { kind: "map", value: ANY };
    return shape(
      "A full response",
      new Map([["code", TEXT], ["message", TEXT], ["metadata", texts], ["trailers", texts], ["body", answer]]),
    );
  }

  #method(call: PlanCall, isQuiet = false): MethodType | undefined {
    const types = this.#types.get(call.service);
    if (types === undefined || call.methodText.includes("{{")) return undefined;
    const found = types.findMethod(call.methodText.trim(), this.#plan.services.get(call.service)?.grpcService);
    if (!("problem" in found)) return found;
    if (isQuiet) return undefined;
    const names = found.candidates.slice(0, 8).join(", ");
    if (found.problem === "ambiguous") {
      this.#error(
        "ambiguous_method",
        `Several services have a method "${call.methodText}"`,
        [...call.origin, "method"],
        { hint: `write one of: ${names}` },
      );
    } else {
      const bare = found.candidates.map((name) => name.slice(name.lastIndexOf("/") + 1));
      const hint = didYouMean(call.methodText, call.methodText.includes("/") ? found.candidates : bare);
      this.#error("unknown_method", `The service "${call.service}" has no method "${call.methodText}"`, [
        ...call.origin,
        "method",
      ], { hint: hint ?? (names === "" ? undefined : `it has: ${names}`) });
    }
    return undefined;
  }

  #input(call: PlanCall, method: MethodType, locals: Locals): void {
    const path = [...call.origin, "input"];
    const value = this.#at(path);
    if (value === undefined) return;
    const wanted: ValueType = method.clientStreaming ? { kind: "list", item: method.input } : method.input;
    if (method.clientStreaming && isJsonObject(value)) {
      this.#error("wrong_field_type", `${method.name} takes a stream of messages`, path, {
        hint: "write a list: each item is one message",
      });
      return;
    }
    checkValue(this.issues, value, wanted, path, (text, at) => this.#templateType(text, at, call, locals));
  }

  /** The type of a text with templates in a call's input. */
  #templateType(text: string, path: DocumentPath, call: PlanCall, locals: Locals): ValueType {
    const here = path.slice(call.origin.length);
    const references = call.request.references.filter(({ at }) =>
      at.length === here.length && at.every((key, index) => key === here[index])
    );
    const type = this.#wholeReference(text, references, locals);
    return type.kind === "any" ? typeOfTemplate(text, this.#plan.inputSchema, this.#rootFinder(locals)) : type;
  }

  /** The type of a text that is one template holding one path; any other template can give anything. */
  #wholeReference(
    text: string,
    references: readonly Pick<PlacedReference, "root" | "path" | "span">[],
    locals: Locals,
  ): ValueType {
    const inner = /^\s*\{\{\s*\.?(.*?)\s*\}\}\s*$/s.exec(text)?.[1];
    if (inner === undefined) return TEXT;
    const [only, ...others] = references;
    if (only === undefined || others.length > 0 || only.span.end - only.span.start !== inner.length) return ANY;
    const known = this.#rootType(only, locals);
    const found = known === undefined ? undefined : followPath(known.type, known.path);
    return found !== undefined && "type" in found ? found.type : ANY;
  }

  /** The type of a value of the document; templates that are whole paths have the type of what they read. */
  #valueType(value: JsonValue | undefined, locals: Locals): ValueType {
    if (typeof value === "string") {
      return value.includes("{{") ? this.#wholeReference(value, pathReference(value), locals) : TEXT;
    }
    if (!isJsonObject(value)) return ANY;
    return shape("This map", new Map(Object.entries(value).map(([key, item]) => [key, this.#valueType(item, locals)])));
  }

  #itemType(path: DocumentPath, locals: Locals): ValueType {
    const list = this.#valueType(this.#at(path), locals);
    return list.kind === "list" ? list.item : ANY;
  }

  #item(name: string, type: ValueType, locals: Locals): Locals {
    return new Map([...locals, [name, type]]);
  }

  #streamItem(call: PlanCall, locals: Locals): Locals {
    if (call.stream?.until === undefined) return locals;
    const method = this.#method(call, true);
    return this.#item("item", method?.output ?? ANY, locals);
  }

  #references(references: readonly PlacedReference[], locals: Locals): void {
    for (const reference of references) {
      const known = this.#rootType(reference, locals);
      if (known === undefined) continue;
      const found = followPath(known.type, known.path);
      if ("type" in found) continue;
      this.#error("unknown_field", found.message, reference.place, { hint: found.hint, span: reference.span });
    }
    for (const together of Map.groupBy(references, ({ use, place }) => JSON.stringify([use, place])).values()) {
      const text = this.#at(together[0]!.place);
      this.issues.push(...checkAnswerKinds(text, together, this.#plan.inputSchema, this.#rootFinder(locals)));
    }
  }

  #rootFinder(locals: Locals): FindRoot {
    return (reference) => this.#rootType(reference, locals);
  }

  /** The type that a reference starts from, and the path that is left. */
  #rootType(
    { root, path }: Pick<PlacedReference, "root" | "path">,
    locals: Locals,
  ): TypedRoot | undefined {
    if (root === "steps") {
      const type = path[1] === "output" ? this.#outputs.get(String(path[0])) : undefined;
      return type === undefined ? undefined : { type, path: path.slice(2) };
    }
    const type = locals.get(root) ?? this.#names.get(root);
    return type === undefined ? undefined : { type, path };
  }

  #at(path: DocumentPath): JsonValue | undefined {
    let value: JsonValue | undefined = this.#plan.document;
    for (const key of path) {
      if (value === null || typeof value !== "object" || !Object.hasOwn(value, key)) return undefined;
      value = (value as Readonly<Record<string | number, JsonValue>>)[key];
    }
    return value;
  }

  #error(code: string, message: string, path: DocumentPath, more: Pick<Issue, "hint" | "onKey" | "span"> = {}): void {
    this.issues.push({ severity: "error", code, message, path, ...more });
  }
}

/** The reference that a template is, where it is nothing but a dotted path. */
function pathReference(text: string): Pick<PlacedReference, "root" | "path" | "span">[] {
  const inner = /^\s*\{\{\s*\.?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}\s*$/.exec(text)?.[1];
  if (inner === undefined) return [];
  const [root = "", ...path] = inner.split(".");
  return [{ root, path, span: { start: 0, end: inner.length } }];
}
