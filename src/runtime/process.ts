import { fstatSync, writeSync } from "node:fs";
import process from "node:process";
import { decodeUtf8 } from "../base/decode_utf8.ts";
import { fileReason } from "../base/file_reason.ts";
import { files } from "./files.ts";
import type { Host, InputStream, OutputStream, RuntimeName } from "./runtime.ts";

/** The process that this program runs in, under the given runtime. */
export function createHost(name: RuntimeName): Host {
  let isResultLost = false;
  const stderr = createOutput(2, () => undefined);
  const stdout = createOutput(1, (error) => {
    isResultLost = true;
    stderr.write(`error[internal] Cannot write to standard output: ${fileReason(error)}\n`);
  });
  return {
    name,
    version: process.versions[name] ?? process.version,
    platform: `${process.platform}-${process.arch}`,
    args: process.argv.slice(2),
    cwd: process.cwd(),
    stdin: createInput(),
    stdout,
    stderr,
    files,
    env: (variable) => process.env[variable],
    onSignal(signal, listener) {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
    onUncaught(listener) {
      process.on("uncaughtException", listener);
      process.on("unhandledRejection", listener);
    },
    exit: (code) => process.exit(code === 0 && isResultLost ? 1 : code),
    async runtime() {
      return await (await import("./create_runtime.ts")).createRuntime(name);
    },
    async countAuthorities() {
      const { rootCertificates } = await import("node:tls");
      return rootCertificates.length;
    },
  };
}

/** Loads node:tty, which brings all of node:net, only for what may be a terminal: pipes and files are none. */
function isTerminal(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    if (stat.isFIFO() || stat.isFile() || stat.isSocket()) return false;
  } catch {
    // Not every system can say what it is.
  }
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

function createInput(): InputStream {
  return {
    get isTerminal() {
      return isTerminal(0);
    },
    async readText() {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array<ArrayBuffer>);
      return decodeUtf8(new Uint8Array(await new Blob(chunks).arrayBuffer())).replace(/^\uFEFF/, "");
    },
  };
}

/**
 * Writes straight to the descriptor: the streams of the three runtimes differ in what they hold back at exit and in how
 * they report a broken pipe, and opening one costs milliseconds.
 *
 * Nothing is written any more after the first error, which `onFailure` hears of unless it is a broken pipe.
 */
function createOutput(descriptor: 1 | 2, onFailure: (error: unknown) => void): OutputStream {
  const encoder = new TextEncoder();
  let isBroken = false;
  return {
    get isTerminal() {
      return isTerminal(descriptor);
    },
    size() {
      const stream = descriptor === 1 ? process.stdout : process.stderr;
      return { columns: stream.columns || 80, rows: stream.rows || 24 };
    },
    write(text) {
      if (isBroken) return;
      try {
        writeAll(descriptor, encoder.encode(text));
      } catch (error) {
        isBroken = true;
        if ((error as { code?: string }).code !== "EPIPE") onFailure(error);
      }
    },
  };
}

/** Writes every byte. Throws the system's error: `EPIPE` where the reader is gone. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      // A pipe that its reader made non-blocking is full: wait for the reader.
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      Atomics.wait(PAUSE, 0, 0, 1);
    }
  }
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));
