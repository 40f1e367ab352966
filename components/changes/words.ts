import type { ChangeView } from "@/lib/contracts/changes";

/** What changed from what to what, and what was said about it; "" if nothing is known. */
export const changeText = ({ from, to, note }: Pick<ChangeView, "from" | "to" | "note">): string =>
  [from === null && to === null ? null : `${from ?? "unknown"} → ${to ?? "unknown"}`, note].filter(Boolean).join(" · ");
