import { isJsonObject } from "../base/json.ts";
import { didYouMean } from "../base/text.ts";
import { GRPC_CODES } from "../base/grpc_codes.ts";
import type { PlanService } from "../plan/plan.ts";
import type { Compilation } from "./compilation.ts";
import type { Fields } from "./fields.ts";

const VERBS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const HTTP_ONLY = ["headers", "query", "body", "encoding"] as const;

/** Checks the keys of a call that only one protocol knows, the form of its method, and the answers that it expects. */
export function checkCallKeys(compilation: Compilation, fields: Fields, service: PlanService): void {
  const isGrpc = service.type === "grpc";
  for (const key of isGrpc ? HTTP_ONLY : ["metadata", "stream"] as const) {
    if (fields.has(key)) misplaced(compilation, fields, service, key);
  }
  if (service.type === "function") return;
  if (fields.has("method")) checkMethod(compilation, fields, isGrpc);
  checkExpected(compilation, fields, isGrpc);
  const query = fields.value("query");
  if (isJsonObject(query)) {
    for (const [key, value] of Object.entries(query)) {
      if (!isJsonObject(value)) continue;
      compilation.error("bad_query", `The query parameter "${key}" is a map`, [...fields.at("query"), key], {
        hint: "a query takes texts, numbers, booleans and lists of them",
      });
    }
  }
}

const INSTEAD: Readonly<Record<string, string>> = {
  headers: 'gRPC has metadata: write "metadata"',
  metadata: 'HTTP has headers: write "headers"',
  query: 'a gRPC request is its "input"',
  body: 'a gRPC request is its "input"',
  encoding: "gRPC messages are always protobuf",
  stream: "only gRPC methods stream",
};

function misplaced(compilation: Compilation, fields: Fields, service: PlanService, key: string): void {
  compilation.error(
    "misplaced_key",
    `"${key}" does not go with the ${service.type} service "${service.name}"`,
    fields.at(key),
    {
      hint: INSTEAD[key],
      onKey: true,
    },
  );
}

function checkMethod(compilation: Compilation, fields: Fields, isGrpc: boolean): void {
  const method = fields.text("method")?.trim();
  if (method === undefined) return;
  const path = fields.at("method");
  if (method === "") {
    compilation.error("bad_method", '"method" is empty', path, {
      hint: isGrpc ? "for example CreateUser" : 'for example "POST /users"',
    });
    return;
  }
  if (isGrpc) {
    if (method.includes("{{") || /^(?:[\w.]+\/)?[A-Za-z_]\w*$/.test(method)) return;
    compilation.error("bad_method", `"${method}" is no gRPC method`, path, {
      hint: "write the name alone, such as CreateUser, or auth.v1.AuthService/CreateUser",
    });
    return;
  }
  const [, verb, rest] = /^(\S+)\s+(.*)$/s.exec(method) ?? [];
  if (verb === undefined || verb.startsWith("/") || verb.includes("{{")) {
    if (VERBS.includes(method.toUpperCase())) {
      compilation.error("bad_method", `"${method}" has no path`, path, {
        hint: `write "${method.toUpperCase()} /path"`,
      });
    }
    return;
  }
  if (!VERBS.includes(verb)) {
    compilation.error("bad_method", `"${verb}" is no HTTP verb`, path, {
      hint: didYouMean(verb, VERBS) ?? `verbs are: ${VERBS.join(", ")}`,
      span: { start: 0, end: verb.length },
    });
  } else if (!/^(?:\/|\{\{|https?:\/\/)/.test(rest!)) {
    compilation.error("bad_method", `The path "${rest}" does not begin with a slash`, path, {
      hint: `write "${verb} /${rest}"`,
    });
  }
}

function checkExpected(compilation: Compilation, fields: Fields, isGrpc: boolean): void {
  fields.list("expect")?.forEach((item, index) => {
    const path = [...fields.at("expect"), index];
    // Other kinds of values are told by their type already.
    if (typeof item !== "string" && typeof item !== "number") return;
    const text = String(item);
    if (isGrpc) {
      if (GRPC_CODES.includes(text)) return;
      compilation.error("bad_expect", `"${text}" is no gRPC code`, path, {
        hint: didYouMean(text, GRPC_CODES) ?? "write code names, such as OK and NOT_FOUND",
      });
    } else if (!/^[1-5](?:\d\d|xx)$/.test(text)) {
      compilation.error("bad_expect", `"${text}" is no HTTP status`, path, {
        hint: "write statuses such as 404 or 2xx",
      });
    }
  });
}
