import { effectText } from "@/lib/core/agents/change-effect";
import type { ChangeView } from "@/lib/contracts/changes";

/** What changed from what to what, and what was said about it; "" if nothing is known. */
export const changeText = ({ from, to, note }: Pick<ChangeView, "from" | "to" | "note">): string =>
  [from === null && to === null ? null : `${from ?? "unknown"} → ${to ?? "unknown"}`, note].filter(Boolean).join(" · ");

/** The measured effect of a change that nobody declared, a line a metric; empty for others. */
export const effectLines = ({ declared, effect }: Pick<ChangeView, "declared" | "effect">): string[] =>
  declared
    ? []
    : effect === null
      ? ["effect not measured yet"]
      : effect.metrics.length === 0
        ? ["effect unknown: its calls are past retention, or reported no cost, latency or success"]
        : effect.metrics.map((metric) => `since then ${effectText(metric)}`);
