import type { Fact } from "./journal.ts";
import { factOf } from "./recovered.ts";
import type { Message } from "./storage.ts";

/** What has come for a run and is in no turn yet, in the order in which it came. */
export class FactInbox {
  #facts: Fact[] = [];
  /** Messages whose facts are here. */
  #posted: string[] = [];
  /** Messages whose facts are in the turn that is being made; the store is to forget these and no others. */
  #taken: string[] = [];
  /** Messages that came, by the store or from within this process. */
  readonly #heard = new Set<string>();

  /** Whether a person has ended the run. */
  isTerminated = false;
  /** Whether a turn is wanted though nothing has come. */
  #isNudged = false;

  get isEmpty(): boolean {
    return this.#facts.length === 0 && !this.isTerminated && !this.#isNudged;
  }

  /** Takes a fact in; none asks for a turn all the same. */
  add(fact?: Fact): void {
    if (fact === undefined) this.#isNudged = true;
    else this.#facts.push(fact);
  }

  /** Takes messages in; those that came before are dropped. */
  post(messages: readonly Message[]): void {
    for (const message of messages) {
      if (this.#heard.has(message.id)) continue;
      this.#heard.add(message.id);
      this.#posted.push(message.id);
      if (message.kind === "terminate") this.isTerminated = true;
      const fact = factOf(message);
      if (fact !== undefined) this.#facts.push(fact);
    }
  }

  /** Takes messages in that the turn being made deals with by itself. */
  accept(messages: readonly Message[]): void {
    for (const { id } of messages) {
      this.#heard.add(id);
      this.#taken.push(id);
    }
  }

  /** Removes and gives the facts for the next turn. */
  takeFacts(): readonly Fact[] {
    const facts = this.#facts;
    this.#facts = [];
    this.#isNudged = false;
    if (this.#posted.length > 0) {
      this.#taken.push(...this.#posted);
      this.#posted = [];
    }
    return facts;
  }

  /** Whether the turn has messages that the store still holds. */
  get hasTaken(): boolean {
    return this.#taken.length > 0;
  }

  /** Removes and gives the ids of the messages that the turn's commit takes from the store. */
  takeIds(): readonly string[] | undefined {
    if (this.#taken.length === 0) return undefined;
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }

  /** Drops the facts. */
  clear(): void {
    this.#facts = [];
    this.isTerminated = this.#isNudged = false;
  }
}
