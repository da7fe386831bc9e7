import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One of the example services: how it is started, and in which language it is written. */
export interface Program {
  readonly name: string;
  readonly language: "node" | "python" | "go" | "java";
  readonly protocol: "grpc" | "http";
}

/** The example services by name. */
export const PROGRAMS: Readonly<Record<string, Program>> = Object.fromEntries(
  [
    http("greeter"),
    http("mail"),
    http("carrier"),
    http("images"),
    http("reports"),
    http("couriers"),
    http("jobs"),
    http("support"),
    http("platform"),
    http("articles"),
    http("accounting"),
    grpc("auth"),
    grpc("billing"),
    grpc("inventory"),
    grpc("payment"),
    grpc("sensors"),
    grpc("analysis", "python"),
    grpc("documents", "python"),
    grpc("risk", "python"),
    http("archive", "python"),
    grpc("processing", "go"),
    grpc("rates", "go"),
    grpc("types", "go"),
    grpc("types_service", "python"),
    grpc("ledger", "java"),
    http("legacy", "java"),
  ].map((program) => [program.name, program]),
);

/** For each example, the program behind each service of its workflow. */
export const EXAMPLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "01_hello": { greeter: "greeter" },
  dag_report: { reports: "reports" },
  deployment_pipeline: { builds: "platform", cluster: "platform", monitoring: "platform", chat: "platform" },
  document_analysis: { documents: "documents", archive: "archive", mail: "mail" },
  error_handling: { support: "support" },
  expense_approval: { accounting: "accounting" },
  foreach_thumbnails: { images: "images" },
  loan_application: { rates: "rates", risk: "risk", ledger: "ledger", mail: "mail" },
  order_processing: { inventory: "inventory", payment: "payment", carrier: "carrier" },
  race_couriers: { couriers: "couriers" },
  repeat_until_done: { jobs: "jobs" },
  seed_onboarding: { auth: "auth" },
  seed_polyglot: {
    fast_service: "processing",
    ml_service: "analysis",
    api_service: "articles",
    legacy_service: "legacy",
  },
  stream_sensors: { sensors: "sensors" },
  switch_complaint: { support: "support" },
  user_onboarding: { auth: "auth", billing: "billing", mail: "mail" },
};

function http(name: string, language: Program["language"] = "node"): Program {
  return { name, language, protocol: "http" };
}

function grpc(name: string, language: Program["language"] = "node"): Program {
  return { name, language, protocol: "grpc" };
}

/** Returns the absolute path of a file of this folder. */
export function examplePath(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Returns the command line that starts a program. */
export function commandOf(program: Program): readonly [string, ...string[]] {
  const folder = examplePath(`services/${program.language}`);
  switch (program.language) {
    case "node":
      return [nodePath(), `${folder}/${program.name}.mjs`];
    case "python":
      return [`${folder}/.venv/bin/python`, `${folder}/${program.name}.py`];
    case "go":
      return [`${folder}/bin/${program.name}`];
    case "java": {
      const mainClass = program.name.charAt(0).toUpperCase() + program.name.slice(1);
      return ["java", "-cp", `${folder}/target/services.jar:${folder}/target/lib/*`, `examples.${mainClass}`];
    }
  }
}

/** Says what is missing to start programs of a language, or `undefined` when nothing is. */
export function missingFor(language: Program["language"]): string | undefined {
  const needed =
    { node: nodePath(), python: ".venv/bin/python", go: "bin/types", java: "target/services.jar" }[language];
  const path = language === "node" ? needed : examplePath(`services/${language}/${needed}`);
  return existsSync(path) ? undefined : `The ${language} services are not built: run scripts/ci_setup.sh`;
}

function nodePath(): string {
  const windows = existsSync(examplePath("../node_modules/.bin/node.cmd"));
  return examplePath(`../node_modules/${windows ? "node/bin/node.exe" : ".bin/node"}`);
}
