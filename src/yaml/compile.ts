import type { Diagnostic, Issue } from "../base/diagnostics.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { collectDeclarations } from "../plan/check_names.ts";
import { isInBrokenTemplate, withoutEchoes } from "./echoes.ts";
import { checkScope } from "../plan/check_scope.ts";
import type { Plan } from "../plan/plan.ts";
import { Compilation } from "./compilation.ts";
import { compileService } from "./compile_service.ts";
import { compileSteps } from "./compile_step.ts";
import { sortDiagnostics } from "./diagnostics.ts";
import { parseDocument, type YamlDocument } from "./document.ts";
import { Fields } from "./fields.ts";
import { checkInputSchema } from "./input_schema.ts";
import type { Source } from "./source.ts";
import { type Declarations, findDeclarations, StepIds } from "./step_ids.ts";
import { checkStructure } from "./structure.ts";

/** A file that a workflow names. */
export interface FileReference {
  readonly kind: "proto" | "descriptor_set";
  readonly service: string;
  /** As written: relative to the workflow. */
  readonly file: string;
  readonly path: Issue["path"];
}

/** What came of compiling one document. */
export interface CompiledWorkflow {
  /** The plan; `undefined` where there is any error. */
  readonly plan: Plan | undefined;
  /** The plan as far as the document can be compiled, errors or not: for checks that can find more. Never run it. */
  readonly draft: Plan | undefined;
  /** Everything that was found, by place; errors and warnings. */
  readonly diagnostics: readonly Diagnostic[];
  /** The files that the services name. Reading them is the caller's. */
  readonly files: readonly FileReference[];
  /** The text, for showing lines beside diagnostics. */
  readonly source: Source;
  /** Puts issues that later checks find (`checkTypes`) in their places. */
  diagnose(issues: readonly Issue[]): readonly Diagnostic[];
}

/**
 * Compiles a workflow document. Does no I/O and never throws: every problem of the document is among the diagnostics.
 *
 * `file` only names the document in diagnostics. `preparePatterns` has to come first.
 */
export function compileWorkflow(file: string, text: string): CompiledWorkflow {
  const document = parseDocument(file, text);
  const { source } = document;
  const diagnose = (issues: readonly Issue[]): readonly Diagnostic[] =>
    sortDiagnostics(
      issues.filter((issue) => !document.isBroken(issue.path))
        .map((issue) => source.diagnostic(document.locate(issue), issue)),
    );
  if (!isJsonObject(document.value)) {
    const diagnostics = document.problems.length > 0 || document.value === undefined
      ? sortDiagnostics(document.problems)
      : diagnose([notAMap()]);
    return { plan: undefined, draft: undefined, diagnostics, files: [], source, diagnose };
  }
  const { plan, issues } = compileDocument(document, document.value);
  const diagnostics = sortDiagnostics([...document.problems, ...withoutEchoes(diagnose(issues), document.problems)]);
  const isUsable = diagnostics.every((diagnostic) => diagnostic.severity !== "error");
  return { plan: isUsable ? plan : undefined, draft: plan, diagnostics, files: fileReferences(plan), source, diagnose };
}

function notAMap(): Issue {
  return {
    severity: "error",
    code: "wrong_type",
    message: "A workflow is a map",
    hint: 'it has at least the keys "name" and "steps"',
    path: [],
  };
}

function compileDocument(
  document: YamlDocument,
  value: JsonObject,
): { readonly plan: Plan; readonly issues: readonly Issue[] } {
  const structure = checkStructure(value);
  const declared = findDeclarations(value);
  const fields = new Fields(value, []);
  const schema = fields.value("input_schema");
  const inputSchema = isJsonObject(schema) || typeof schema === "boolean" ? schema : undefined;
  const compilation = new Compilation(new StepIds(declared.ids), declared.names, inputSchema);
  for (const [name, service] of Object.entries(fields.fields("services").map)) {
    compilation.services.set(name, compileService(compilation, name, service));
  }
  const output = fields.value("output");
  const durability = fields.text("durability");
  const plan: Plan = {
    name: fields.text("name") ?? "",
    version: typeof fields.value("version") === "number"
      ? document.sourceText(["version"]) ?? String(fields.value("version"))
      : fields.text("version") ?? "",
    description: fields.text("description"),
    timeoutMs: fields.duration("timeout"),
    inputSchema,
    services: compilation.services,
    steps: compileSteps(compilation, fields.value("steps"), ["steps"], []),
    output: output === undefined ? undefined : compilation.template(output, ["output"]),
    finally: compileSteps(compilation, fields.value("finally"), ["finally"], ["finally"]),
    compensationOrder: fields.fields("compensation").text("order") === "parallel" ? "parallel" : "reverse",
    durability: durability === "async" || durability === "none" ? durability : "sync",
    document: value,
  };
  const scope = checkScope(plan, { uncompiled: uncompiledNames(declared, plan) })
    .filter((issue) => !isInBrokenTemplate(issue, compilation.issues, value));
  const issues = [
    ...structure,
    ...declared.issues,
    ...compilation.issues,
    ...checkInputSchema(plan.inputSchema, ["input_schema"]),
    // Where a part could not be compiled, what it reads is not known: nothing can be called unused.
    ...scope.filter((issue) => issue.severity === "error" || structure.length === 0),
  ];
  return { plan, issues };
}

/** Names and ids of steps that are in the document but not in the plan, because something is wrong with them. */
function uncompiledNames(declared: Declarations, plan: Plan): ReadonlySet<string> {
  const { names, ids } = collectDeclarations(plan);
  return new Set([...declared.names, ...declared.ids].filter((name) => !names.has(name) && !ids.has(name)));
}

function fileReferences(plan: Plan): FileReference[] {
  // Elsewhere such a file is out of place, which has been reported: whether it is there is of no matter.
  return [...plan.services.values()].filter(({ type }) => type === "grpc").flatMap((service) => [
    ...service.proto.map((file, index): FileReference => ({
      kind: "proto",
      service: service.name,
      file,
      path: [...service.origin, "proto", index],
    })),
    ...(service.descriptorSet === undefined ? [] : [
      {
        kind: "descriptor_set",
        service: service.name,
        file: service.descriptorSet,
        path: [...service.origin, "descriptor_set"],
      } as const,
    ]),
  ]);
}
