import { measure } from "@/components/ui/format";

const MIB = 1_048_576;
const GIB = 1_024 * MIB;

/** A signal's value in its unit, as people read it. A unit that is not known here stands behind the number as it is. */
export function amount(value: number, unit: string | null): string {
  switch (unit) {
    case "cores":
      return `${measure(value)} cores`;
    case "seconds":
      return Math.abs(value) < 1 ? `${measure(value * 1_000)} ms` : `${measure(value)} s`;
    case "per_second":
      return `${measure(value)}/s`;
    case "ratio":
      return `${measure(value * 100)} %`;
    case "bytes":
      return Math.abs(value) < GIB ? `${measure(value / MIB)} MiB` : `${measure(value / GIB)} GiB`;
    case "up":
      return value >= 1 ? "up" : "down";
    case null:
      return measure(value);
    default:
      return `${measure(value)} ${unit}`;
  }
}
