const UNITS = [
  { ms: 86_400_000, name: "d" },
  { ms: 3_600_000, name: "h" },
  { ms: 60_000, name: "min" },
  { ms: 1_000, name: "s" },
] as const;

/** A length of time in its largest whole unit and the next: `1 h 5 min`, `42 s`, `less than 1 s`. Negative ones count as none. */
export function durationText(ms: number): string {
  const first = UNITS.findIndex((unit) => ms >= unit.ms);
  if (first < 0) return "less than 1 s";
  const large = UNITS[first]!;
  const small = UNITS[first + 1];
  const n = Math.floor(ms / large.ms);
  const rest = small ? Math.floor((ms - n * large.ms) / small.ms) : 0;
  return rest > 0 ? `${n} ${large.name} ${rest} ${small!.name}` : `${n} ${large.name}`;
}
