import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { runCommand } from "../../scripts/command.ts";
import { storageArguments } from "../../scripts/image_storage.ts";
import type { CliResult } from "../cli/run_cli.ts";

/** The settings of an image that say how its containers run. */
export interface ImageSettings {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Volumes: Readonly<Record<string, unknown>>;
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal: string;
}

/** A file or folder of the machine that a container sees. */
export interface Mount {
  readonly source: string;
  readonly destination: string;
  /** @default false */
  readonly isWritable?: boolean;
}

/** A container that runs. */
export interface Container {
  /** Sends a signal to its program, which is process 1 in there. */
  signal(name: "TERM" | "KILL"): Promise<void>;
  /** Settles when it has ended. A program that a signal ended has 128 and the signal's number as its code. */
  readonly ended: Promise<CliResult>;
}

/** Says why no container can run here; `undefined` where one can. `MAESTRO_TEST_POLYGLOT=required` turns that into an error. */
export function reasonToSkipImages(): string | undefined {
  const missing = ["buildah", "runc"].find((command) => !isInPath(command));
  const reason = process.platform !== "linux"
    ? "images are for Linux"
    : process.getuid?.() !== 0
    ? "needs root"
    : missing === undefined
    ? undefined
    : `needs ${missing}: run scripts/ci_setup.sh`;
  if (reason !== undefined && process.env["MAESTRO_TEST_POLYGLOT"] === "required") throw new Error(reason);
  return reason;
}

/** Images and containers in a folder of their own: nothing of the machine's is touched. */
export class ContainerHost {
  readonly folder: string;
  readonly #running = new Set<string>();
  readonly #names: string[] = [];
  #root = "";
  #settings: ImageSettings | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Takes an image of this host as the one that containers are made from, and gives its settings. */
  async use(image: string): Promise<ImageSettings> {
    const container = (await this.buildah("from", image)).trim();
    this.#root = (await this.buildah("mount", container)).trim();
    const { OCIv1 } = JSON.parse(await this.buildah("inspect", "--type", "image", image));
    this.#settings = OCIv1.config as ImageSettings;
    return this.#settings;
  }

  /** The folder that containers have as the root of their file system. */
  get root(): string {
    return this.#root;
  }

  /** Makes an empty volume that belongs to the user of the image, and gives its path. */
  createVolume(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path);
    const [user, group] = this.#settings!.User.split(":").map(Number);
    chownSync(path, user!, group!);
    return path;
  }

  /** Starts a container as the image says, with a root that cannot be written, no privileges, and the machine's network. */
  start(args: readonly string[], mounts: readonly Mount[]): Container {
    const name = `maestro-test-${process.pid}-${this.#names.length}`;
    this.#names.push(name);
    const bundle = join(this.folder, name);
    mkdirSync(bundle);
    writeFileSync(join(bundle, "config.json"), JSON.stringify(this.#runtimeConfig(args, mounts)));
    this.#running.add(name);
    const child = spawn("runc", [...this.#runcArguments(), "run", "--bundle", bundle, name], { timeout: 60_000 });
    const ended = collect(child).finally(() => this.#running.delete(name));
    const signal = async (signalName: string): Promise<void> => {
      const { code, output } = await runCommand("runc", [...this.#runcArguments(), "kill", name, signalName]);
      if (code !== 0) throw new Error(output);
    };
    return { signal, ended };
  }

  /** Ends what still runs and lets go of the files; the folder can then be removed. */
  async close(): Promise<void> {
    for (const name of this.#running) await runCommand("runc", [...this.#runcArguments(), "delete", "--force", name]);
    await this.buildah("rm", "--all");
    await this.buildah("rmi", "--all", "--force");
  }

  /** Runs buildah on the images of this host and gives what it prints. */
  async buildah(...args: readonly string[]): Promise<string> {
    const { code, output } = await runCommand("buildah", [...storageArguments(this.folder), ...args]);
    if (code !== 0) throw new Error(`buildah ${args.join(" ")}: ${output}`);
    return output;
  }

  #runcArguments(): readonly string[] {
    return ["--root", join(this.folder, "runc")];
  }

  #runtimeConfig(args: readonly string[], mounts: readonly Mount[]): unknown {
    const { User, Env, Entrypoint, Cmd, WorkingDir } = this.#settings!;
    const [uid, gid] = User.split(":").map(Number);
    return {
      ociVersion: "1.0.2",
      process: {
        user: { uid, gid },
        args: [...Entrypoint, ...(args.length === 0 ? Cmd : args)],
        env: Env,
        cwd: WorkingDir,
        capabilities: {},
        noNewPrivileges: true,
      },
      root: { path: this.#root, readonly: true },
      mounts: [
        { destination: "/proc", type: "proc", source: "proc" },
        { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
        // Every engine gives its containers this one.
        ...[{ source: "/etc/hosts", destination: "/etc/hosts" }, ...mounts].map(bind),
      ],
      linux: { namespaces: [{ type: "pid" }, { type: "mount" }, { type: "ipc" }, { type: "uts" }] },
    };
  }
}

function bind({ source, destination, isWritable = false }: Mount): unknown {
  return { source, destination, type: "bind", options: ["rbind", isWritable ? "rw" : "ro"] };
}

function collect(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  child.stdin.end();
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr })));
}

function isInPath(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}
