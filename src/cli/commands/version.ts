import { COMMIT, VERSION } from "../build_info.ts";
import type { Cli } from "../cli.ts";
import type { OutputFlags } from "../routes.ts";

/** Prints the version. */
export function version({ host }: Cli, { output }: OutputFlags): Promise<number> {
  const facts = {
    version: VERSION,
    commit: COMMIT,
    runtime: host.name,
    runtime_version: host.version,
    platform: host.platform,
  };
  const commit = COMMIT === null ? "" : `commit ${COMMIT}, `;
  host.stdout.write(
    output === "json"
      ? `${JSON.stringify(facts, null, 2)}\n`
      : `maestro ${VERSION} (${commit}${host.name} ${host.version}, ${host.platform})\n`,
  );
  return Promise.resolve(0);
}
