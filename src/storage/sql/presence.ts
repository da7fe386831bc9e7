/** How processes that share a store know of each other, beside what is in the store. */
export interface Presence {
  /** Stands for this process; the rows of its workers carry it. */
  readonly name: string;
  /** Lets others see from now on whether this process is alive. Does nothing the second time. */
  announce(): void;
  /** Gives those that are certainly dead. */
  findDead(names: readonly string[]): string[];
  /** Tells other processes that there is something to do for them. */
  ring(names: readonly string[]): void;
  /** Calls back when another process rings, until the returned function is called. */
  hear(listener: () => void): () => void;
  /** Removes what dead processes have left, but for those that are named. */
  tidy(known: readonly string[]): void;
  /** Removes what these processes, which are dead, have left. */
  remove(names: readonly string[]): void;
  /** Ends what `announce` began. Where the store still names this process, what shows that it is dead stays behind. */
  leave(isForgotten: boolean): void;
}
