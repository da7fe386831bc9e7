/** Something that runs can be started of, with the types of their input and output. */
export interface Startable<Input, Output> {
  /** Never there: keeps the types apart. */
  readonly types?: { readonly takes: (input: Input) => void; readonly gives: Output } | undefined;
}
