import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./cn";

/** What a colour means. Never used without an icon or a word beside it. */
export type Tone = "ok" | "info" | "warn" | "hold" | "heal" | "proof" | "spent" | "mute" | "accent";

export const TINT: Record<Tone, string> = {
  ok: "bg-ok-tint text-ok",
  info: "bg-info-tint text-info",
  warn: "bg-warn-tint text-warn",
  hold: "bg-hold-tint text-hold",
  heal: "bg-heal-tint text-heal",
  proof: "bg-proof-tint text-proof",
  spent: "bg-spent-tint text-spent",
  mute: "bg-mute-tint text-mute",
  accent: "bg-accent-tint text-accent",
};

export const INK: Record<Tone, string> = {
  ok: "text-ok",
  info: "text-info",
  warn: "text-warn",
  hold: "text-hold",
  heal: "text-heal",
  proof: "text-proof",
  spent: "text-spent",
  mute: "text-mute",
  accent: "text-accent",
};

export const SOLID: Record<Tone, string> = {
  ok: "bg-ok-solid",
  info: "bg-info-solid",
  warn: "bg-warn-solid",
  hold: "bg-hold-solid",
  heal: "bg-heal-solid",
  proof: "bg-proof-solid",
  spent: "bg-spent-solid",
  mute: "bg-mute-solid",
  accent: "bg-accent",
};

export function Badge({
  tone = "mute",
  icon: Icon,
  title,
  className,
  children,
}: {
  tone?: Tone;
  icon?: LucideIcon;
  title?: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <span
      title={title}
      className={cn(
        "inline-flex h-5.5 max-w-full shrink-0 items-center gap-1 rounded-md px-1.5 text-xs font-medium whitespace-nowrap",
        TINT[tone],
        className,
      )}
    >
      {Icon ? <Icon className="size-3.5 shrink-0" aria-hidden /> : null}
      <span className="truncate">{children}</span>
    </span>
  );
}
