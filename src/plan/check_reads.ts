import type { Issue } from "../base/diagnostics.ts";
import { didYouMean } from "../base/text.ts";
import { GLOBAL_NAMES } from "../expr/mod.ts";
import { unknownMember } from "./check_input.ts";
import type { NameLayer } from "./check_layers.ts";
import {
  ANSWER,
  type Declaration,
  type Declarations,
  type Enclosure,
  RESERVED_NAMES,
  whereTheyPart,
} from "./check_names.ts";
import type { PlacedReference, TemplateUse } from "./check_references.ts";
import type { Plan, PlanStep } from "./plan.ts";

/** Where a name is read from: what is visible there, and what else there is. */
export interface Reader {
  readonly names: NameLayer;
  readonly ids: NameLayer;
  readonly locals: ReadonlySet<string>;
  readonly isFinally: boolean;
  readonly around: readonly Enclosure[];
  /** The step that reads; `undefined` for what is read once a step or a body is done. */
  readonly step: PlanStep | undefined;
  readonly declarations: Declarations;
  readonly uncompiled: ReadonlySet<string>;
  readonly inputSchema: Plan["inputSchema"];
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

const SECRET_USES: ReadonlySet<TemplateUse> = new Set<TemplateUse>([
  "input",
  "query",
  "body",
  "headers",
  "setting",
  "service_headers",
]);

const KEY_USES: ReadonlySet<TemplateUse> = new Set<TemplateUse>(["input", "body", "headers"]);

/** How messages name a use that is not called like its key. */
const USE_NAMES: Readonly<Partial<Record<TemplateUse, string>>> = {
  child_input: "input",
  reconciled_output: "output",
};

const STEP_FACETS: readonly string[] = ["output", "status", "error", "attempts"];

const ERROR_MEMBERS: readonly string[] = ["code", "message", "step", "status", "details"];

/** Checks one read; gives what is wrong with it. */
export function checkRead(reference: PlacedReference, reader: Reader): Issue | undefined {
  const problem = findProblem(reference, reader);
  if (problem === undefined) return undefined;
  return { severity: "error", ...problem, path: reference.place, span: reference.span };
}

function findProblem(reference: PlacedReference, reader: Reader): Problem | undefined {
  const { root, path, use } = reference;
  if (use === "setting" || use === "service_headers") return inService(reference, reader);
  if (root === "secrets" && !SECRET_USES.has(use)) {
    return {
      code: "secret_not_allowed",
      message: `A secret cannot be read in "${USE_NAMES[use] ?? use}": it would be recorded in the run's journal`,
      hint: use === "child_input"
        ? "a child reads secrets itself, where it calls services"
        : "secrets stand in endpoint, tls, auth, headers, metadata, query, input and body of calls",
    };
  }
  if (root === "idempotency_key" && !reader.locals.has(root)) {
    return KEY_USES.has(use) ? undefined : notThere(root, "input, body, headers and metadata of a call");
  }
  if (use === "stream" && (root === "item" || root === "index")) return undefined;
  if (reader.locals.has(root)) return root === "error" ? member(root, path, ERROR_MEMBERS) : undefined;
  if (GLOBAL_NAMES.includes(root)) return ofGlobal(reference, reader);
  if (root === "item" || root === "index") return notThere(root, 'the steps and "collect" of a foreach');
  if (root === "error") return notThere(root, "on_error, compensate and finally");
  if (reader.names.has(root) || reader.uncompiled.has(root)) return undefined;
  if (root === ANSWER && !reader.declarations.names.has(root)) {
    return notThere(root, '"done" and "output" of a reconcile');
  }
  return unknownName(root, path, reader);
}

function ofGlobal({ root, path }: PlacedReference, reader: Reader): Problem | undefined {
  switch (root) {
    case "steps":
      return ofSteps(path, reader);
    case "run":
      if (path[0] === "status" && !reader.isFinally) return notThere("run.status", "finally");
      return member(root, path, reader.isFinally ? ["id", "started_at", "status"] : ["id", "started_at"]);
    case "workflow":
      return member(root, path, ["name", "version"]);
    case "input":
      return ofInput(path, reader.inputSchema);
    default:
      return undefined;
  }
}

/** Settings of a service see little: they are the same for every step, and `endpoint` and `tls` for every run. */
function inService(reference: PlacedReference, reader: Reader): Problem | undefined {
  const { root, use } = reference;
  const known = use === "setting" ? ["env", "secrets"] : ["env", "secrets", "input", "run", "workflow"];
  if (known.includes(root)) return ofGlobal(reference, reader);
  return {
    code: "name_not_available",
    message: `"${root}" cannot be read in this setting of a service`,
    hint: `it sees ${known.slice(0, -1).join(", ")} and ${known.at(-1)} only`,
  };
}

function ofInput(path: PlacedReference["path"], schema: Plan["inputSchema"]): Problem | undefined {
  const unknown = unknownMember(schema, path);
  if (unknown === undefined) return undefined;
  const { key, known } = unknown;
  return {
    code: "unknown_input",
    message: `The input schema has no "${key}"`,
    hint: didYouMean(key, known) ?? listed(known),
  };
}

function ofSteps(path: PlacedReference["path"], reader: Reader): Problem | undefined {
  const [id, facet] = path;
  if (id === undefined) return undefined;
  const name = String(id);
  if (reader.uncompiled.has(name)) return undefined;
  if (!reader.ids.has(name)) {
    const declared = reader.declarations.ids.get(name);
    if (declared !== undefined) return notVisible(`The step "${name}"`, "runs in", [declared], reader);
    return { code: "unknown_step", message: `No step has the id "${name}"`, hint: unknownStepHint(name, reader) };
  }
  if (facet === undefined || STEP_FACETS.includes(String(facet))) return undefined;
  return {
    code: "unknown_member",
    message: `"${String(facet)}" is nothing that a step has`,
    hint: didYouMean(String(facet), STEP_FACETS) ?? `write steps.${name}.output.${String(facet)}`,
  };
}

function unknownStepHint(name: string, reader: Reader): string {
  const asName = reader.declarations.names.has(name)
    ? `read its output as "${name}", or give the step an id`
    : undefined;
  return didYouMean(name, reader.ids) ?? asName ?? "only an id that is written in the document can be read";
}

function member(root: string, path: PlacedReference["path"], known: readonly string[]): Problem | undefined {
  const [key] = path;
  if (key === undefined || known.includes(String(key))) return undefined;
  return {
    code: "unknown_member",
    message: `"${root}" has no "${String(key)}"`,
    hint: didYouMean(String(key), known) ?? listed(known),
  };
}

function notThere(name: string, where: string): Problem {
  return { code: "name_not_available", message: `"${name}" is not available here`, hint: `it exists in ${where}` };
}

function unknownName(root: string, path: PlacedReference["path"], reader: Reader): Problem {
  const declared = reader.declarations.names.get(root);
  if (declared !== undefined) return notVisible(`"${root}"`, "is set in", declared, reader);
  const iteration = reader.declarations.iterationNames.find((one) => one.name === root);
  if (iteration !== undefined) return notThere(root, `the foreach "${iteration.step.id}"`);
  const visible = [...reader.names, ...reader.locals, ...GLOBAL_NAMES];
  return {
    code: "unknown_name",
    message: `No step sets the name "${root}"`,
    hint: unknownNameHint(root, path, visible, reader),
  };
}

function unknownNameHint(
  root: string,
  path: PlacedReference["path"],
  visible: readonly string[],
  reader: Reader,
): string | undefined {
  if (reader.ids.has(root)) {
    return path[0] === "output"
      ? `write steps.${root}.output`
      : `give the step "output: ${root}", or read steps.${root}.output`;
  }
  const meant = didYouMean(root, visible);
  if (meant !== undefined) return meant;
  const later = didYouMean(root, reader.declarations.names.keys());
  if (later !== undefined) return later;
  const names = visible.filter((name) => !RESERVED_NAMES.includes(name));
  return names.length === 0
    ? "values of the input are read as input.NAME"
    : `set by now: ${names.slice(0, 8).join(", ")}`;
}

/** How a message speaks of a thing: a step runs, a name is set. */
type Verb = "runs in" | "is set in";

/** Words why a name or step that exists cannot be read from here. */
function notVisible(what: string, does: Verb, declared: readonly Declaration[], reader: Reader): Problem {
  const isStep = does === "runs in";
  if (declared.some((one) => one.step === reader.step)) {
    const message = isStep
      ? `${what} is this step itself`
      : `${what} is this step's own output, which is not there yet`;
    return { code: "name_not_set_yet", message };
  }
  if (declared.some((one) => reader.around.some(({ block }) => block === one.step))) {
    const message = isStep
      ? `${what} is around this one`
      : `${what} is the output of a step around this one, which is not there yet`;
    return { code: "name_not_set_yet", message };
  }
  for (const one of declared) {
    const problem = inAnotherPart(what, does, one, reader) ?? inLoop(what, one, reader);
    if (problem !== undefined) return problem;
  }
  const message = isStep
    ? `${what} comes later`
    : `${what} is not set yet: the step "${declared[0]!.step.id}" comes later`;
  return { code: "name_not_set_yet", message };
}

function inAnotherPart(what: string, does: Verb, declared: Declaration, reader: Reader): Problem | undefined {
  const apart = whereTheyPart(reader.around, declared.enclosures);
  if (apart === undefined || apart.parts.includes("error")) return undefined;
  const { kind } = apart.block;
  if (kind === "switch") {
    return {
      code: "name_of_other_branch",
      message: `${what} ${does} another branch of the switch`,
      hint: "only one branch runs",
    };
  }
  if (kind !== "parallel" && kind !== "race") return undefined;
  return {
    code: "name_of_sibling",
    message: does === "runs in"
      ? `${what} runs at the same time as this one`
      : `${what} is set by a step that runs at the same time as this one`,
    hint: kind === "parallel"
      ? "move this step behind the parallel block, or make it a dag"
      : "move this step behind the race",
  };
}

function inLoop(what: string, declared: Declaration, reader: Reader): Problem | undefined {
  const inner = declared.enclosures.slice(sharedDepth(reader.around, declared.enclosures));
  const loop = inner.find(({ block }) => block.kind === "foreach");
  if (loop === undefined) return undefined;
  return {
    code: "name_not_visible",
    message: `${what} is only visible inside the foreach "${loop.block.id}"`,
    hint: 'gather the values with "collect", and give the foreach an "output"',
  };
}

function sharedDepth(a: readonly Enclosure[], b: readonly Enclosure[]): number {
  let depth = 0;
  while (depth < Math.min(a.length, b.length) && a[depth]!.block === b[depth]!.block) depth++;
  return depth;
}

function listed(names: readonly string[]): string {
  return `it has: ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`;
}
