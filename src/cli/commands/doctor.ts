import { MaestroError, toError } from "../../base/errors.ts";
import { fileReason } from "../../base/file_reason.ts";
import { folderOf } from "../../base/paths.ts";
import type { Host } from "../../runtime/runtime.ts";
import { type Cli, wantsColor } from "../cli.ts";
import { defaultConfigPath, readConfigFile } from "../config_file.ts";
import type { OutputFlags } from "../routes.ts";
import { readSettings } from "../settings.ts";
import { defaultStorePath, findStore, openExistingStore } from "../store.ts";
import { createStyle } from "../style.ts";

/** What one check found. */
interface Finding {
  readonly check: string;
  readonly status: "ok" | "warning" | "error";
  readonly message: string;
}

/** Exit code when a check found an error. */
const UNWELL = 1;

/** Checks the surroundings in which workflows run. */
export async function doctor(cli: Cli, { output }: OutputFlags): Promise<number> {
  const { host } = cli;
  const findings = [
    checkRuntime(host),
    await checkStateFolder(host),
    await checkConfig(cli),
    await checkStore(cli),
    checkProxies(host),
    await checkAuthorities(host),
    checkClock(),
    checkTerminal(host),
  ];
  const isWell = findings.every(({ status }) => status !== "error");
  if (output === "json") host.stdout.write(`${JSON.stringify({ ok: isWell, checks: findings }, null, 2)}\n`);
  else for (const finding of findings) host.stdout.write(`${describe(finding, cli)}\n`);
  return isWell ? 0 : UNWELL;
}

const SYMBOLS = { ok: "✓", warning: "!", error: "✗" } as const;

function describe({ check, status, message }: Finding, { host }: Cli): string {
  const style = createStyle(host.stdout.isTerminal && wantsColor(host));
  const color = { ok: style.green, warning: style.yellow, error: style.red }[status];
  return `${color(SYMBOLS[status])} ${check.padEnd(12)}  ${message}`;
}

/** The oldest major versions that the tests run on. */
const OLDEST = { bun: 1, deno: 2, node: 22 } as const;

function checkRuntime({ name, version, platform }: Host): Finding {
  const isOld = Number.parseInt(version.replace(/^v/, ""), 10) < OLDEST[name];
  const message = `${name} ${version} on ${platform}${isOld ? `; ${name} ${OLDEST[name]} or later is needed` : ""}`;
  return { check: "runtime", status: isOld ? "error" : "ok", message };
}

async function checkStateFolder(host: Host): Promise<Finding> {
  const path = defaultStorePath(host);
  if (path === undefined) {
    return { check: "state folder", status: "warning", message: "neither XDG_STATE_HOME nor HOME is set" };
  }
  const folder = folderOf(path);
  try {
    await host.files.probeFolder(folder);
    return { check: "state folder", status: "ok", message: `${folder} can be written` };
  } catch (error) {
    return {
      check: "state folder",
      status: "warning",
      message: `${folder} cannot be written: ${fileReason(error)}`,
    };
  }
}

/** Looks into the store that commands would use, if it is there. */
async function checkStore(cli: Cli): Promise<Finding> {
  try {
    const settings = await readSettings(cli, {});
    const { url, isThere } = await findStore(cli, settings);
    if (!isThere) return { check: "store", status: "ok", message: `none yet (${url})` };
    const { store, isKept } = await openExistingStore(cli, settings, { isReadOnly: true });
    try {
      if (!isKept) return { check: "store", status: "warning", message: `${url} keeps nothing` };
      const { runs, bytes = 0 } = await store.stats();
      const counts = Object.entries(runs).filter(([, count]) => count > 0).map(([status, count]) =>
        `${count} ${status}`
      );
      const size = `${Math.ceil(bytes / 1_024)} KiB`;
      const message = `${url}, ${size}, ${counts.length === 0 ? "no runs" : `runs: ${counts.join(", ")}`}`;
      return { check: "store", status: "ok", message };
    } finally {
      await store.close();
    }
  } catch (thrown) {
    const error = toError(thrown);
    const hint = MaestroError.is(error) && error.hint !== undefined ? `; ${error.hint}` : "";
    return { check: "store", status: "error", message: `${error.message}${hint}` };
  }
}

async function checkConfig(cli: Cli): Promise<Finding> {
  const path = cli.host.env("MAESTRO_CONFIG") || defaultConfigPath(cli);
  try {
    const count = Object.keys(await readConfigFile(cli, undefined)).length;
    return { check: "config file", status: "ok", message: count > 0 ? `${path}` : path ? `none (${path})` : "none" };
  } catch (thrown) {
    const error = toError(thrown);
    const hint = MaestroError.is(error) && error.hint !== undefined ? `; ${error.hint}` : "";
    return { check: "config file", status: "error", message: `${error.message}${hint}` };
  }
}

function checkProxies(host: Host): Finding {
  const set = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap((name) => {
    const value = host.env(name) || host.env(name.toLowerCase());
    return value ? [`${name}=${value.replace(/\/\/[^/@]*@/, "//***@")}`] : [];
  });
  if (set.length === 0) return { check: "proxies", status: "ok", message: "none" };
  const isLoopbackProxied = set.some((text) => !text.startsWith("NO_PROXY")) &&
    !/(^|[,=\s])(localhost|127\.0\.0\.1|\*)/.test(set.find((text) => text.startsWith("NO_PROXY")) ?? "");
  const message = `${set.join(", ")}${
    isLoopbackProxied ? "; calls to localhost go to the proxy too: set NO_PROXY" : ""
  }`;
  return { check: "proxies", status: isLoopbackProxied ? "warning" : "ok", message };
}

async function checkAuthorities(host: Host): Promise<Finding> {
  const count = await host.countAuthorities();
  const extra = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"].filter((name) => host.env(name));
  for (const name of extra) {
    const path = host.env(name)!;
    if (await host.files.exists(path)) continue;
    return { check: "authorities", status: "warning", message: `${name} names "${path}", which does not exist` };
  }
  const more = extra.map((name) => `, ${name}=${host.env(name)}`).join("");
  if (count === 0) return { check: "authorities", status: "error", message: "no certificate authority is trusted" };
  return { check: "authorities", status: "ok", message: `${count} certificate authorities${more}` };
}

/** A clock before this is wrong: the program did not exist yet. */
const FIRST_RELEASE = Date.UTC(2026, 0, 1);

function checkClock(): Finding {
  const now = new Date();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isWrong = now.getTime() < FIRST_RELEASE;
  const message = `${now.toISOString()}, time zone ${zone}${isWrong ? "; the clock is wrong" : ""}`;
  return { check: "clock", status: isWrong ? "error" : "ok", message };
}

function checkTerminal(host: Host): Finding {
  if (!host.stderr.isTerminal) return { check: "terminal", status: "ok", message: "none: progress is a line an event" };
  const { columns, rows } = host.stderr.size();
  const why = host.env("CI") ? "CI is set" : host.env("TERM") === "dumb" ? "TERM is dumb" : undefined;
  const color = host.env("NO_COLOR") ? ", no colours (NO_COLOR)" : "";
  const message = why === undefined
    ? `${columns} by ${rows}, live progress${color}`
    : `${columns} by ${rows}, progress is a line an event (${why})${color}`;
  return { check: "terminal", status: "ok", message };
}
