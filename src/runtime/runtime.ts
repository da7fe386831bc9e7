import type { FetchFactory } from "./fetch.ts";

/** The runtimes that Maestro runs on. */
export type RuntimeName = "bun" | "deno" | "node";

/** What runs and services need from the runtime, and only what differs between runtimes. */
export interface Runtime {
  /** Which one it is. */
  readonly name: RuntimeName;
  /**
   * Makes `fetch` functions with TLS and proxy settings.
   * @internal
   */
  readonly fetch: FetchFactory;
  /** Settles once every promise that can make progress without I/O has: a microtask, then the tick queue. */
  readonly drain: () => Promise<void>;
  /** Reads a whole file. Rejects with the system's error. */
  readFile(path: string): Promise<Uint8Array>;
}

/** The process as the command line sees it. Nothing here is loaded or opened before it is used. */
export interface Host {
  readonly name: RuntimeName;
  /** The runtime's own version. */
  readonly version: string;
  /** `linux-x64`, `darwin-arm64`, … */
  readonly platform: string;
  /** What follows the program's name on the command line. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly files: Files;
  /** An environment variable; empty ones are given as they are. */
  env(name: string): string | undefined;
  /** Calls back on each signal of this name, instead of ending the process, until the returned function is called. */
  onSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): () => void;
  /** Calls back for errors that nobody caught, instead of the runtime's own report. */
  onUncaught(listener: (error: unknown) => void): void;
  /** Ends the process at once. Everything written before has been handed to the system. */
  exit(code: number): never;
  /** Loads what calls to services need. */
  runtime(): Promise<Runtime>;
  /** How many certificate authorities the runtime brings and trusts. */
  countAuthorities(): Promise<number>;
}

/** The process's standard input. */
export interface InputStream {
  readonly isTerminal: boolean;
  /** Everything up to the end of input, as text; not well-formed where it is no UTF-8 (see `decodeUtf8`). */
  readText(): Promise<string>;
}

/** One of the process's output streams. */
export interface OutputStream {
  readonly isTerminal: boolean;
  /** Columns and rows of the terminal now; 80 by 24 where nothing is known. */
  size(): { readonly columns: number; readonly rows: number };
  /**
   * Hands the whole text to the system before it returns, so there is nothing to flush.
   *
   * Once the reader has gone away (a broken pipe), writes do nothing. Any other error of standard output, such as a full disk, is told on
   * standard error, and the process does not end with 0.
   */
  write(text: string): void;
}

/** The part of the file system that the command line uses. Relative paths start at the working directory. */
export interface Files {
  /** Rejects with the system's error. */
  readText(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  /** Creates a file with its folders. Rejects with code `EEXIST` where it exists. */
  create(path: string, text: string): Promise<void>;
  /** Writes a file with its folders, over one that is there. */
  replace(path: string, text: string): Promise<void>;
  /** What is in a folder, by name; `undefined` where it is no folder. */
  list(path: string): Promise<readonly { readonly name: string; readonly isFolder: boolean }[] | undefined>;
  /** Tells whether something exists at the path. */
  exists(path: string): Promise<boolean>;
  /** Creates a folder and proves by a file, removed again, that it can be written. Rejects with the system's error. */
  probeFolder(path: string): Promise<void>;
}
