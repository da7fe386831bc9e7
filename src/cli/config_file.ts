import { MaestroError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { Cli } from "./cli.ts";
import { fileError } from "./report_error.ts";

/** What a config file may hold: the defaults of flags, in YAML. */
export interface ConfigFile {
  readonly store?: string;
  readonly output?: string;
  readonly quiet?: boolean;
  readonly log_format?: "json" | "text";
  readonly log_level?: "debug" | "info" | "warn" | "error";
  readonly timeout?: string;
  readonly env_file?: string;
  readonly secrets_file?: string;
  readonly encrypt_key_file?: string;
  readonly endpoints?: Readonly<Record<string, string>>;
}

const CHECKS: Readonly<Record<keyof ConfigFile, Check>> = {
  store: isText("a store's URL"),
  output: isOneOf("json"),
  quiet: { test: (value) => typeof value === "boolean", wanted: "true or false" },
  log_format: isOneOf("json", "text"),
  log_level: isOneOf("debug", "info", "warn", "error"),
  timeout: isText("a duration such as 30s"),
  env_file: isText("a file name"),
  secrets_file: isText("a file name"),
  encrypt_key_file: isText("a file name"),
  endpoints: {
    test: (value) =>
      typeof value === "object" && value !== null && !Array.isArray(value) &&
      Object.values(value).every((address) => typeof address === "string"),
    wanted: "a map from service to address",
  },
};

interface Check {
  test(value: unknown): boolean;
  readonly wanted: string;
}

/**
 * Reads the config file: the one that `--config` or `MAESTRO_CONFIG` names, else `maestro/config.yaml` in the user's config folder
 * (`$XDG_CONFIG_HOME`, `~/.config`), which need not exist.
 *
 * @throws MaestroError `file_not_readable` for a named file; `usage` for a file that holds anything else than settings.
 */
export async function readConfigFile(cli: Cli, flag: string | undefined): Promise<ConfigFile> {
  const named = flag ?? (cli.host.env("MAESTRO_CONFIG") || undefined);
  const path = named ?? defaultConfigPath(cli);
  if (path === undefined) return {};
  if (named === undefined && !await cli.host.files.exists(path)) return {};
  const text = await cli.host.files.readText(path).catch((error) => {
    throw fileError("the config file", path, error);
  });
  return checkConfig(await parseYaml(text, path), path);
}

/** Where the config file stands unless one is named; `undefined` where the user has no home. */
export function defaultConfigPath(cli: Cli): string | undefined {
  const { host } = cli;
  const base = host.env("XDG_CONFIG_HOME") || (host.env("HOME") && `${host.env("HOME")}/.config`) ||
    host.env("APPDATA");
  return base ? `${base}/maestro/config.yaml` : undefined;
}

async function parseYaml(text: string, path: string): Promise<unknown> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  const fault = document.errors[0];
  if (fault === undefined) return document.toJS();
  const { line = 1, col = 1 } = fault.linePos?.[0] ?? {};
  throw new MaestroError("usage", `${path}:${line}:${col}: ${fault.message.split("\n", 1)[0]}`);
}

function checkConfig(value: unknown, path: string): ConfigFile {
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new MaestroError("usage", `${path}: the config file must be a map of settings`);
  }
  for (const [key, setting] of Object.entries(value)) {
    if (!Object.hasOwn(CHECKS, key)) {
      const hint = didYouMean(key, Object.keys(CHECKS)) ?? `the settings are ${Object.keys(CHECKS).join(", ")}`;
      throw new MaestroError("usage", `${path}: unknown setting "${key}"`, { hint });
    }
    const check = CHECKS[key as keyof ConfigFile];
    if (!check.test(setting)) throw new MaestroError("usage", `${path}: "${key}" must be ${check.wanted}`);
  }
  return value as ConfigFile;
}

function isText(wanted: string): Check {
  return { test: (value) => typeof value === "string" && value !== "", wanted };
}

function isOneOf(...values: readonly string[]): Check {
  return {
    test: (value) => typeof value === "string" && values.includes(value),
    wanted: `one of ${values.join(", ")}`,
  };
}
