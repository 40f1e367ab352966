const MIB = 1_048_576;
const GIB = 1_024 * MIB;

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
/** Below it a number is written with an exponent: nobody counts zeros. */
const TINY = 1e-4;

/** A measured number, as exact as it deserves: `0.0123`, `8.25`, `1,233`, `48.1K`, `5e-7`. */
export function measure(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return short.format(value);
  if (size >= 100) return whole.format(value);
  return size > 0 && size < TINY ? value.toExponential(1).replace(".0e", "e") : fine.format(value);
}

/**
 * A value in its unit, as people read it: the one way in which numbers stand in screens, stories, alerts and post-mortems.
 * Units are those of our signals; another one stands behind the number as it is. `up` is a share of instances.
 */
export function amount(value: number, unit: string | null): string {
  switch (unit) {
    case "cores":
      return `${measure(value)} ${value === 1 ? "core" : "cores"}`;
    case "seconds":
      return Math.abs(value) < 1 ? `${measure(value * 1_000)} ms` : `${measure(value)} s`;
    case "per_second":
      return `${measure(value)}/s`;
    case "ratio":
      return `${measure(value * 100)} %`;
    case "bytes":
      return Math.abs(value) < GIB ? `${measure(value / MIB)} MiB` : `${measure(value / GIB)} GiB`;
    case "up":
      return value >= 1 ? "up" : value > 0 ? `${measure(value * 100)} % up` : "down";
    case null:
      return measure(value);
    default:
      return `${measure(value)} ${unit}`;
  }
}

const OWN_UNITS: ReadonlySet<string> = new Set(["cores", "seconds", "per_second", "ratio", "bytes", "up"]);

/** A value in a unit of our signals; in another, the figure as `figure` writes it, with the unit behind. */
export const inUnit = (value: number, unit: string | undefined, figure: (value: number) => string): string =>
  unit !== undefined && OWN_UNITS.has(unit)
    ? amount(value, unit)
    : `${figure(value)}${unit === undefined ? "" : ` ${unit}`}`;

/** `from 50 ms to 2.1 s` in a unit of our signals; in another, the figures as `figure` writes them and the unit once behind. */
export function fromTo(from: number, to: number, unit: string | undefined, figure: (value: number) => string): string {
  if (unit !== undefined && OWN_UNITS.has(unit)) return `from ${amount(from, unit)} to ${amount(to, unit)}`;
  return `from ${figure(from)} to ${figure(to)}${unit === undefined ? "" : ` ${unit}`}`;
}

/** A fixed limit in words: `at most 0.5 cores`, `at least 3`, `above 0`, `all instances up`. Null where there is none. */
export function limitText(upper: number | null, lower: number | null, unit: string | null): string | null {
  if (upper !== null) return `at most ${amount(upper, unit)}`;
  if (lower === null) return null;
  if (unit === "up") return "all instances up";
  // The smallest number above 0 is how `up == 0` is written as a limit.
  return lower === Number.MIN_VALUE ? "above 0" : `at least ${amount(lower, unit)}`;
}

/** Digits behind the point from which on a number in a text is the rest of a binary fraction and not what somebody measured. */
const RAW_FLOAT = /(?<![\w.])-?\d+\.\d{10,20}(?:e[+-]?\d{1,3})?(?![\w.]*\.\d)/g;

/** A text of others with its raw floating-point numbers rounded: `takes 4.4399999999999995 s` takes `4.44 s`. */
export const withRoundedNumbers = (text: string): string =>
  text.replace(RAW_FLOAT, (number) => measure(Number(number)));
