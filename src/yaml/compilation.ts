import type { DocumentPath, Issue } from "../base/diagnostics.ts";
import type { JsonValue } from "../base/json.ts";
import {
  compileCondition,
  type CompileOptions,
  compileParts,
  compileTemplate,
  type Condition,
  type ExpressionIssue,
  type PartsTemplate,
  type Template,
} from "../expr/mod.ts";
import { knownKinds } from "../plan/check_kinds.ts";
import type { Plan, PlanService } from "../plan/plan.ts";
import type { StepIds } from "./step_ids.ts";

/** What compiling one document shares: its services, its ids, and the issues found so far. */
export class Compilation {
  readonly issues: Issue[] = [];
  readonly services: Map<string, PlanService> = new Map();
  readonly ids: StepIds;
  readonly #options: CompileOptions;

  /**
   * `names` are all names that the document sets: no variable of a macro may be called like one. What the input schema says of
   * types is used to check expressions.
   */
  constructor(ids: StepIds, names: ReadonlySet<string>, inputSchema: Plan["inputSchema"]) {
    this.ids = ids;
    this.#options = { names, kindOf: (root, path) => knownKinds(root, path, inputSchema) };
  }

  error(code: string, message: string, path: DocumentPath, more: Pick<Issue, "hint" | "onKey" | "span"> = {}): void {
    this.issues.push({ severity: "error", code, message, path, ...more });
  }

  warning(code: string, message: string, path: DocumentPath, more: Pick<Issue, "hint" | "onKey" | "span"> = {}): void {
    this.issues.push({ severity: "warning", code, message, path, ...more });
  }

  /** `renamed` tells under which key of the document a member of the value stands where it has another name there. */
  template(value: JsonValue, path: DocumentPath, renamed: Readonly<Record<string, string>> = {}): Template {
    const { template, issues } = compileTemplate(value, this.#options);
    this.#take(issues, path, renamed);
    return template;
  }

  condition(value: JsonValue, path: DocumentPath): Condition {
    const { condition, issues } = compileCondition(value, this.#options);
    // Anything but text and booleans has no place there at all: the check of the structure has reported it.
    if (typeof value === "string") this.#take(issues, path);
    return condition;
  }

  parts(text: string, path: DocumentPath): PartsTemplate {
    const { parts, issues } = compileParts(text, this.#options);
    this.#take(issues, path);
    return parts;
  }

  #take(issues: readonly ExpressionIssue[], path: DocumentPath, renamed: Readonly<Record<string, string>> = {}): void {
    for (const { severity, code, message, hint, at: [first, ...rest], span } of issues) {
      const at = first === undefined ? [] : [renamed[first] ?? first, ...rest];
      this.issues.push({ severity, code, message, hint, path: [...path, ...at], span });
    }
  }
}
