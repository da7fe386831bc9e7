import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Execution } from "../../src/engine/execution.ts";
import { FactInbox } from "../../src/engine/fact_inbox.ts";
import { Saga } from "../../src/engine/saga.ts";
import type { Storage } from "../../src/engine/storage.ts";
import { ForgetfulInbox, LooseFencing, LostMessages, RepeatedMessages, SilentLeases } from "./broken_stores.ts";
import { type PlayOptions, playSeed } from "./play_seed.ts";

/** Within so many seeds each bug has to be found; simulation_test.ts shows that all of them end well without one. */
const SEEDS = 600;

/** Stores that break a promise. */
const STORES: Readonly<Record<string, PlayOptions>> = {
  "a lost fencing check": { openStore: (now) => new LooseFencing({ now }) },
  "a signal dropped at a crash": { openStore: (now) => new ForgetfulInbox({ now }) },
  "a child's message lost": { openStore: (now) => new LostMessages({ now }) },
  "a message that counts twice": { openStore: (now) => new RepeatedMessages({ now }) },
  "a lost lease that nobody is told of": { openStore: (now) => new SilentLeases({ now }) },
  "an outcome used before it is stored": { wrapStore: answerAtOnce },
};

/** Parts of the engine that do their work badly. Each entry puts them in, and gives the way to take them out again. */
const ENGINES: Readonly<Record<string, () => () => void>> = {
  "an undo done again under another key": () => {
    const numbers = new WeakMap<object, number>();
    let count = 0;
    return replace(
      Execution.prototype,
      "idempotencyKey",
      (original) =>
        function (this: Execution, step: string): string {
          if (!numbers.has(this)) numbers.set(this, count++);
          const key = original.call(this, step);
          return step.endsWith("/compensate") ? `${key} ${numbers.get(this)}` : key;
        },
    );
  },
  "a step that is not undone": () =>
    replace(Saga.prototype, "take", (original) =>
      function (this: Saga, within): ReturnType<Saga["take"]> {
        return original.call(this, within).slice(0, -1);
      }),
  "undoing in the order of completion": () =>
    replace(Saga.prototype, "take", (original) =>
      function (this: Saga, within): ReturnType<Saga["take"]> {
        return original.call(this, within).reverse();
      }),
  "a timer forgotten at recovery": () =>
    replace(
      Execution.prototype,
      "replay",
      (original) =>
        async function (this: Execution, journal): ReturnType<Execution["replay"]> {
          return { ...await original.call(this, journal), timersSet: [] };
        },
    ),
  "a call forgotten at recovery": () =>
    replace(
      Execution.prototype,
      "replay",
      (original) =>
        async function (this: Execution, journal): ReturnType<Execution["replay"]> {
          return { ...await original.call(this, journal), starts: [] };
        },
    ),
  "a message taken out of the store without being written down": () =>
    replace(
      FactInbox.prototype,
      "takeFacts",
      (original) =>
        function (this: FactInbox): ReturnType<FactInbox["takeFacts"]> {
          return original.call(this).slice(0, 1);
        },
    ),
};

describe("the simulation finds", () => {
  for (const [bug, options] of Object.entries(STORES)) it(bug, () => mustFind(options));
  for (const [bug, plant] of Object.entries(ENGINES)) {
    it(bug, async () => {
      const remove = plant();
      try {
        await mustFind({});
      } finally {
        remove();
      }
    });
  }
});

async function mustFind(options: PlayOptions): Promise<void> {
  for (let seed = 0; seed < SEEDS; seed++) {
    const { faults } = await playSeed(seed, options);
    if (faults.length > 0) return;
  }
  assert.fail(`nothing was wrong with ${SEEDS} seeds`);
}

/** Answers a commit when it is sent, and not when the store has it. */
function answerAtOnce(storage: Storage): Storage {
  return new Proxy(storage, {
    get: (target, name: keyof Storage) => {
      if (name === "commitTurn") {
        return (request: Parameters<Storage["commitTurn"]>[0]): Promise<void> => {
          void target.commitTurn(request).catch(() => undefined);
          return Promise.resolve();
        };
      }
      const member = target[name] as unknown;
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** Puts another function in the place of a method; gives the way back. */
function replace<T, K extends keyof T>(prototype: T, name: K, make: (original: T[K]) => T[K]): () => void {
  const original = prototype[name];
  prototype[name] = make(original);
  return () => prototype[name] = original;
}
