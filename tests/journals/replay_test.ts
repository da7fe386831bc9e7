import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Execution } from "../../src/engine/execution.ts";
import { decodeTurn, encodeTurn } from "../../src/engine/journal_format.ts";
import { loadBundle } from "../../src/load_workflow.ts";
import { sha256 } from "../../src/runtime/digest.ts";
import { drain } from "../../src/runtime/drain.ts";

/** A journal as an earlier version, or this one, has written it. */
interface Recorded {
  readonly id: string;
  readonly internalId: string;
  readonly status: string;
  readonly bundle: string;
  readonly turns: readonly string[];
}

const FOLDER = new URL("./", import.meta.url);

for (const { name: version } of readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  describe(`journals of ${version}`, () => {
    const folder = new URL(`${version}/`, FOLDER);
    for (const file of readdirSync(folder)) {
      it(`${file} replays to its end, and every part of it to where it was`, async () => {
        const recorded = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Recorded;
        const turns = recorded.turns.map((text) => decodeTurn(text));
        const { definition } = await loadBundle(recorded.bundle, { file: "" });
        for (let length = 1; length <= turns.length; length++) {
          const { id, internalId } = recorded;
          const execution = new Execution({ runId: id, internalId, definition, drain, digest: sha256 });
          const turn = await execution.replay(turns.slice(0, length));
          assert.equal(turn.stuck, undefined, `${length} turns: ${turn.mismatch}`);
          if (length < turns.length) continue;
          const status = turn.finished?.status ?? (turn.pause === undefined ? "unfinished" : "paused");
          assert.equal(status, recorded.status);
        }
        assert.deepEqual(turns.map((turn) => decodeTurn(encodeTurn(turn))), turns);
      });
    }
  });
}
