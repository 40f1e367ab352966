/** The parts of a result: lists, of which rows may be left out. */
type Parts = Record<string, unknown[]>;

/**
 * Leaves out rows until a result has at most `max` characters: of the longest part each time, from its end, of those that `oldestFirst`
 * names from their beginning. `others` is what the result holds besides.
 */
export function fit(parts: Parts, others: object, max: number, oldestFirst: readonly string[]): void {
  const lengths = Object.entries(parts).map(([name, rows]) => ({ name, rows, chars: length(rows) }));
  let total = length(others) + lengths.reduce((sum, { name, chars }) => sum + name.length + chars + 4, 0);
  while (total > max) {
    const longest = lengths.reduce((a, b) => (b.chars > a.chars ? b : a));
    const row = oldestFirst.includes(longest.name) ? longest.rows.shift() : longest.rows.pop();
    if (row === undefined) break;
    const chars = length(row) + 1;
    longest.chars -= chars;
    total -= chars;
  }
}

const length = (value: unknown): number => JSON.stringify(value).length;
