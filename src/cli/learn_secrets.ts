import type { RunStore, StoredRun } from "../run_store.ts";
import type { Cli } from "./cli.ts";
import { readKeyValueFile } from "./key_value_file.ts";
import type { Settings } from "./settings.ts";

/** Where a definition reads a secret. */
const SECRET = /\bsecrets\s*(?:\.\s*\??|\[\s*\\?["'])\s*([A-Za-z_]\w*)/g;

/**
 * Learns the secrets that a run uses, as far as this process can read them, so that they are blotted out of what is shown.
 *
 * The journal holds none by design; this is for a service that sent one back to a process that did not know it.
 */
export async function learnSecrets(cli: Cli, settings: Settings, store: RunStore, run: StoredRun): Promise<void> {
  const definition = await store.definition(run) ?? "";
  for (const [, name] of definition.matchAll(SECRET)) {
    const secret = cli.host.env(`MAESTRO_SECRET_${name}`);
    if (secret !== undefined) cli.redactor.add(secret);
  }
  const path = settings.secretsFile ?? await recordedFile(store, run);
  if (path === undefined) return;
  // A file that was moved since, or belongs to somebody else, has nothing to teach.
  const secrets = await readKeyValueFile(cli, "secrets file", path).catch(() => undefined);
  for (const secret of secrets?.values() ?? []) cli.redactor.add(secret);
}

async function recordedFile(store: RunStore, run: StoredRun): Promise<string | undefined> {
  const [first] = await store.journal(run.id, 1);
  const started = first?.entries[0];
  return started?.type === "run_started" ? started.files?.secrets : undefined;
}
