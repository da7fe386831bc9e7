import type { Fact } from "./journal.ts";
import { factOf } from "./recovered.ts";
import type { Message } from "./storage.ts";

/** What has come for a run and is in no turn yet, in the order in which it came. */
export class FactInbox {
  #facts: Fact[] = [];
  /** Messages whose facts are here. */
  #taken: string[] = [];
  /** Messages that came, by the store or from within this process. */
  readonly #heard = new Set<string>();

  get isEmpty(): boolean {
    return this.#facts.length === 0;
  }

  add(fact: Fact): void {
    this.#facts.push(fact);
  }

  /** Takes messages in; those that came before are dropped. */
  post(messages: readonly Message[]): void {
    for (const message of messages) {
      if (this.#heard.has(message.id)) continue;
      this.#heard.add(message.id);
      this.#taken.push(message.id);
      const fact = factOf(message);
      if (fact !== undefined) this.#facts.push(fact);
    }
  }

  /** Removes and gives the facts for the next turn. */
  takeFacts(): readonly Fact[] {
    const facts = this.#facts;
    this.#facts = [];
    return facts;
  }

  /** Whether messages have been heard that the store still holds. */
  get hasTaken(): boolean {
    return this.#taken.length > 0;
  }

  /** Removes and gives the ids of the messages that the next commit takes from the store. */
  takeIds(): readonly string[] | undefined {
    if (this.#taken.length === 0) return undefined;
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }

  /** Drops the facts. */
  clear(): void {
    this.#facts = [];
  }
}
