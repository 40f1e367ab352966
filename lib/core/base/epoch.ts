/** Seconds, from seconds, milli-, micro- or nanoseconds since 1970, told apart by size (good from 1973 to 5138); null for another. */
export function epochSeconds(value: number): number | null {
  if (value >= 1e8 && value < 1e11) return value;
  if (value >= 1e11 && value < 1e14) return value / 1e3;
  if (value >= 1e14 && value < 1e17) return value / 1e6;
  if (value >= 1e17 && value < 1e20) return value / 1e9;
  return null;
}
