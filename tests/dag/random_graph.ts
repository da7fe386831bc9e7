import fc from "fast-check";

/** One node of a random graph. */
export interface RandomNode {
  readonly name: string;
  readonly dependsOn: readonly string[];
  /** What becomes of it. */
  readonly fate: "works" | "fails" | "skips";
  readonly canBeUndone: boolean;
  /** How many turns of the event loop it takes. */
  readonly delay: number;
}

/** Options of `randomGraph`. */
export interface RandomGraphOptions {
  /** Most nodes. @default 200 */
  readonly most?: number | undefined;
  /** Whether some nodes fail and some are skipped by their condition. @default false */
  readonly hasTrouble?: boolean | undefined;
}

/** Any graph without a cycle, its nodes in any order. */
export function randomGraph({ most = 200, hasTrouble = false }: RandomGraphOptions = {}): fc.Arbitrary<RandomNode[]> {
  const fate = hasTrouble
    ? fc.constantFrom(
      "works" as const,
      "works" as const,
      "works" as const,
      "works" as const,
      "fails" as const,
      "skips" as const,
    )
    : fc.constant("works" as const);
  const draft = fc.record({
    before: fc.array(fc.nat(), { maxLength: 4 }),
    fate,
    canBeUndone: fc.boolean(),
    delay: fc.nat({ max: 2 }),
    place: fc.nat(),
  });
  return fc.array(draft, { minLength: 1, maxLength: most, size: "max" }).map((drafts) =>
    drafts
      .map(({ before, place, ...rest }, index) => ({
        place,
        node: {
          ...rest,
          name: `n${index}`,
          dependsOn: index === 0 ? [] : [...new Set(before.map((n) => `n${n % index}`))],
        },
      }))
      .sort((a, b) => a.place - b.place)
      .map(({ node }) => node)
  );
}

/** Waits for some turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
