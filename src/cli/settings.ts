import { parseDuration } from "../base/duration.ts";
import { MaestroError } from "../base/errors.ts";
import type { Cli } from "./cli.ts";
import { readConfigFile } from "./config_file.ts";

/** Settings that flags, the environment and the config file may give, in that order of precedence. */
export interface Settings {
  readonly store: string | undefined;
  readonly output: string | undefined;
  readonly quiet: boolean;
  readonly logFormat: "json" | "text" | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly timeoutMs: number | undefined;
  readonly envFile: string | undefined;
  readonly secretsFile: string | undefined;
  readonly encryptKeyFile: string | undefined;
  /** The flags that name store and key, for commands that people are told to type. */
  readonly storeFlags: readonly string[];
  /** Addresses by service name. Those of the environment and the config file may be of services of other workflows. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** The services that flags give an address. */
  readonly endpointFlags: readonly string[];
}

/** Least severe level that is logged. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The flags that settings are made of. */
export interface SettingFlags {
  readonly config?: string | undefined;
  readonly store?: string | undefined;
  readonly output?: string | undefined;
  readonly quiet?: boolean | undefined;
  readonly logFormat?: "json" | "text" | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly timeout?: string | undefined;
  readonly envFile?: string | undefined;
  readonly secretsFile?: string | undefined;
  readonly encryptKeyFile?: string | undefined;
  readonly endpoint?: readonly string[] | undefined;
}

/**
 * Lays flags over `MAESTRO_*` variables over the config file.
 *
 * @throws MaestroError `usage` for a value that a flag or variable may not have; errors of the config file.
 */
export async function readSettings(cli: Cli, flags: SettingFlags): Promise<Settings> {
  const file = await readConfigFile(cli, flags.config);
  /** An empty variable counts as absent, as in most shells' idioms for unsetting one. */
  const env = (name: string): string | undefined => cli.host.env(`MAESTRO_${name}`) || undefined;
  const endpointFlags = readEndpoints("--endpoint", flags.endpoint ?? []);
  const quiet = flags.quiet ?? (asFlag("MAESTRO_QUIET", env("QUIET")) ?? file.quiet);
  return {
    store: flags.store ?? env("STORE") ?? file.store,
    output: flags.output ?? oneOf("MAESTRO_OUTPUT", env("OUTPUT"), ["json"]) ?? file.output,
    quiet: quiet ?? false,
    logFormat: flags.logFormat ?? oneOf("MAESTRO_LOG_FORMAT", env("LOG_FORMAT"), LOG_FORMATS) ?? file.log_format,
    logLevel: flags.logLevel ?? oneOf("MAESTRO_LOG_LEVEL", env("LOG_LEVEL"), LOG_LEVELS) ?? file.log_level,
    timeoutMs: readTimeout("--timeout", flags.timeout) ?? readTimeout("MAESTRO_TIMEOUT", env("TIMEOUT")) ??
      readTimeout("timeout", file.timeout),
    envFile: flags.envFile ?? env("ENV_FILE") ?? file.env_file,
    secretsFile: flags.secretsFile ?? env("SECRETS_FILE") ?? file.secrets_file,
    encryptKeyFile: flags.encryptKeyFile ?? env("ENCRYPT_KEY_FILE") ?? file.encrypt_key_file,
    storeFlags: [
      ...(flags.store === undefined ? [] : ["--store", flags.store]),
      ...(flags.encryptKeyFile === undefined ? [] : ["--encrypt-key-file", flags.encryptKeyFile]),
    ],
    endpoints: {
      ...file.endpoints,
      ...readEndpoints("MAESTRO_ENDPOINT", env("ENDPOINT")?.split(",") ?? []),
      ...endpointFlags,
    },
    endpointFlags: Object.keys(endpointFlags),
  };
}

/** The values of `--log-format`. */
const LOG_FORMATS = ["json", "text"] as const;

/** The values of `--log-level`, the most talkative first. */
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

function readEndpoints(source: string, pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => {
    const split = pair.indexOf("=");
    if (split < 1 || split === pair.length - 1) {
      throw new MaestroError("usage", `${source} must have the form service=address, but is "${pair}"`);
    }
    return [pair.slice(0, split).trim(), pair.slice(split + 1).trim()];
  }));
}

function readTimeout(source: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new MaestroError("usage", `${source} must be a duration, but is "${text}"`, {
    hint: "write it as 500ms, 30s or 1h30m",
  });
}

function asFlag(source: string, text: string | undefined): boolean | undefined {
  const value = oneOf(source, text, ["1", "true", "0", "false"]);
  return value === undefined ? undefined : value === "1" || value === "true";
}

function oneOf<Value extends string>(
  source: string,
  text: string | undefined,
  values: readonly Value[],
): Value | undefined {
  if (text === undefined) return undefined;
  const value = values.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  throw new MaestroError("usage", `${source} must be one of ${values.join(", ")}, but is "${text}"`);
}
