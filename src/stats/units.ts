// Ratings by unit: how many judges put a unit (a comparison) into each category. What Fleiss, Krippendorff and Gwet
// read, and all a prompt bootstrap has to recount.

/** Rows are units, columns categories, entries the number of judges. */
export type UnitCounts = number[][];

/** Counts by unit from ratings by judge (null missing, other values dropped); every unit has a row, also an empty one. */
export function unitCounts<T>(byJudge: (T | null)[][], categories: T[]): UnitCounts {
  const place = new Map(categories.map((category, i) => [category, i]));
  const units = Math.max(0, ...byJudge.map((ratings) => ratings.length));
  const counts = Array.from({ length: units }, () => categories.map(() => 0));
  for (const ratings of byJudge) {
    ratings.forEach((rating, u) => {
      const at = rating === null ? undefined : place.get(rating);
      if (at !== undefined) counts[u]![at]! += 1;
    });
  }
  return counts;
}

/** Number of ratings of a unit. */
export function ratingsOf(unit: number[]): number {
  let sum = 0;
  for (const count of unit) sum += count;
  return sum;
}
