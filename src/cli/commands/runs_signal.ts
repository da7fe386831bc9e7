import { MaestroError } from "../../base/errors.ts";
import type { JsonValue } from "../../base/json.ts";
import { plural } from "../../base/text.ts";
import type { SignalReceipt } from "../../maestro.ts";
import { type Cli, say } from "../cli.ts";
import { readJsonValue } from "../input.ts";
import { printable } from "../printable.ts";
import { openRunSession, type RunSession } from "../run_session.ts";
import type { StoreFlags } from "../run_routes.ts";
import { readSettings } from "../settings.ts";
import { openExistingStore } from "../store.ts";

/** Flags of `runs signal`. */
export type RunsSignalFlags = StoreFlags & {
  readonly data: string | undefined;
  readonly id: string | undefined;
};

/** Puts a signal into a run's inbox, and says what will read it. */
export async function runsSignal(cli: Cli, flags: RunsSignalFlags, reference: string, name: string): Promise<number> {
  if (flags.id === "") throw new MaestroError("usage", "--id must not be empty");
  const settings = await readSettings(cli, flags);
  const open = await openExistingStore(cli, settings, { isReadOnly: false });
  const session = await openRunSession(cli, flags, { ...settings, quiet: true }, open);
  try {
    const { id } = await session.store.find(reference);
    const data = flags.data === undefined ? null : await readJsonValue(cli, "--data", flags.data);
    const receipt = await session.maestro.signal(id, { name, data, id: flags.id });
    report(cli, session, name, receipt);
    return 0;
  } finally {
    await session.maestro.close();
  }
}

function report(cli: Cli, { settings, command }: RunSession, name: string, receipt: SignalReceipt): void {
  const { run, isDuplicate, readers } = receipt;
  if (settings.output === "json") {
    const answer: JsonValue = {
      run_id: run.id,
      status: run.status,
      signal: name,
      duplicate: isDuplicate,
      readers,
      owner: run.owner,
    };
    cli.host.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const steps = `${readers.length === 1 ? "step" : plural(readers.length, "step").replace(/^\d+ /, "")} ${
    readers.join(", ")
  }`;
  const text = isDuplicate
    ? `signal "${name}" had come before: nothing has changed`
    : `signal "${name}" is kept for ${steps} of run ${run.id}`;
  cli.host.stdout.write(`${printable(text)}\n`);
  if (run.owner === null) {
    say(cli, cli.style.yellow(`No process runs it: \`${command(["runs", "resume", run.id])}\` goes on with it`));
  }
}
