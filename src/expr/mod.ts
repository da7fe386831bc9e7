/** Templates (`{{ … }}`) and CEL expressions: compiled once, checked without running, evaluated without reaching the host. */
export type { CompileOptions } from "./compilation.ts";
export { compileCondition, type Condition } from "./condition.ts";
export { type DeferredLeaf, fillDeferred } from "./deferred.ts";
export { compileExpression, evaluateExpression, type Expression } from "./expression.ts";
export { ExpressionError } from "./expression_error.ts";
export type { ExpressionIssue, ExpressionIssueCode, Span } from "./issue.ts";
export { KIND, kindNames, type Kinds } from "./kind.ts";
export { compileParts, type PartsTemplate } from "./parts.ts";
export { preparePatterns } from "./regex.ts";
export type { Reference } from "./reference.ts";
export { ABSENT, GLOBAL_NAMES, objectScope, type Scope, type ScopeValue } from "./scope.ts";
export { compileTemplate, type Template } from "./template.ts";
export { readTime } from "./time_functions.ts";
