import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { scriptArguments } from "./script_arguments.ts";
import { withScratch } from "./scratch_store.ts";

const SCRIPT = fileURLToPath(new URL("fill_disk.ts", import.meta.url));

/** Runs a command in a mount namespace of its own, in which a folder is a disk of 2 MiB; the rest of the machine sees nothing of it. */
const WITH_SMALL_DISK = 'mount -t tmpfs -o size=2m none "$1" && shift && exec "$@"';
const UNSHARE = process.getuid?.() === 0 ? "-m" : "-rm";

function canMount(): boolean {
  return spawnSync("unshare", [UNSHARE, "sh", "-c", "mount -t tmpfs none /mnt"]).status === 0;
}

describe("a full disk", () => {
  const skip = canMount() ? false : "needs Linux, and the right to mount in a namespace of its own";

  it("is a clear error, harms nothing, and is over when there is room again", { skip }, () =>
    withScratch((scratch) => {
      const path = `${scratch.folder}/runs.db`;
      const command = [process.execPath, ...scriptArguments(), SCRIPT, path];
      const { stdout, stderr } = spawnSync("unshare", [
        ...[UNSHARE, "sh", "-c", WITH_SMALL_DISK, "sh", scratch.folder],
        ...command,
      ], { encoding: "utf8", timeout: 30_000 });
      assert.equal(stderr, "");
      const { refusals, isFull, head, turns, integrity } = JSON.parse(stdout);
      const refusal = { code: "store_unavailable", message: `The store "${path}" cannot be used: the disk is full` };
      assert.deepEqual(refusals, [refusal, refusal]);
      assert.deepEqual({ isFull, turns, integrity }, { isFull: true, turns: head, integrity: "ok" });
      return Promise.resolve();
    }));
});
