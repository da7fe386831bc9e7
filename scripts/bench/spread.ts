/** The middle of several measurements, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  /** A quarter of the measurements lie below. */
  readonly low: number;
  /** A quarter of the measurements lie above. */
  readonly high: number;
}

/** Sums up measurements, rounded to four significant digits. Throws for none. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error("There is nothing to sum up");
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return Number((below + (above - below) * (place % 1)).toPrecision(4));
}
