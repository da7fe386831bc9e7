import type { JsonValue } from "../base/json.ts";
import { type Cli, wantsColor } from "./cli.ts";
import { helpfulCommand } from "./command_hint.ts";
import { readSettings, type SettingFlags, type Settings } from "./settings.ts";
import { type ExistingStoreOptions, openExistingStore, type OpenStore } from "./store.ts";
import { createStyle, type Style } from "./style.ts";

/** What commands that look into the store work with. */
export interface StoreSession extends OpenStore {
  readonly settings: Settings;
  /** Colours for standard output. */
  readonly style: Style;
  /** Lines on standard output are cut to this width. */
  readonly columns: number;
  /** Writes a command as a person types it, with the flags that name the store. */
  command(args: readonly string[]): string;
  /** Writes text to standard output, every known secret blotted out. */
  print(text: string): void;
  /** Writes a value as JSON to standard output, every known secret blotted out. */
  printJson(value: JsonValue): void;
}

/** Width of lines that no terminal shows. */
const WIDE = 160;

/** Opens the store that is there already, hands it to a function, and closes it. It is only read unless said otherwise. */
export async function withStore(
  cli: Cli,
  flags: SettingFlags,
  use: (session: StoreSession) => Promise<number>,
  options: ExistingStoreOptions = { isReadOnly: true },
): Promise<number> {
  const settings = await readSettings(cli, flags);
  const open = await openExistingStore(cli, settings, options);
  const { stdout } = cli.host;
  try {
    return await use({
      ...open,
      settings,
      style: createStyle(stdout.isTerminal && wantsColor(cli.host)),
      columns: stdout.isTerminal ? stdout.size().columns : WIDE,
      command: (args) => helpfulCommand(settings, args),
      print: (text) => stdout.write(cli.redactor.text(text)),
      printJson: (value) => stdout.write(`${JSON.stringify(cli.redactor.json(value), null, 2)}\n`),
    });
  } finally {
    await open.store.close();
  }
}
