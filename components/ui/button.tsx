import { Button as BaseButton } from "@base-ui/react/button";
import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "./cn";

export const buttonStyle = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors select-none data-disabled:cursor-not-allowed data-disabled:opacity-55 [&_svg]:size-3.5 [&_svg]:shrink-0",
  {
    variants: {
      look: {
        primary: "border-transparent bg-accent text-accent-ink hover:not-data-disabled:bg-accent/88",
        /** The answer that is hoped for, where many stand beside each other. */
        soft: "border-transparent bg-accent-tint text-accent hover:not-data-disabled:bg-accent hover:not-data-disabled:text-accent-ink",
        plain: "border-line-strong bg-surface text-ink hover:not-data-disabled:bg-hover",
        quiet:
          "border-transparent bg-transparent text-ink-2 hover:not-data-disabled:bg-hover hover:not-data-disabled:text-ink",
        danger: "border-hold/35 bg-surface text-hold hover:not-data-disabled:bg-hold-tint",
      },
      size: {
        sm: "h-7 px-2.5 text-xs",
        md: "h-8 px-3 text-sm",
        /** Tall enough for a thumb. */
        touch: "h-11 px-4 text-base sm:h-8 sm:px-3 sm:text-sm",
        icon: "size-8 text-sm [&_svg]:size-4",
      },
    },
    defaultVariants: { look: "plain", size: "md" },
  },
);

export type ButtonProps = ComponentProps<typeof BaseButton> & VariantProps<typeof buttonStyle> & { busy?: boolean };

/** `busy` shows a spinner and refuses clicks, but keeps focus, so that a keyboard user is not thrown out. */
export function Button({ look, size, busy, className, children, disabled, ...props }: ButtonProps) {
  return (
    <BaseButton
      {...props}
      disabled={disabled || busy}
      focusableWhenDisabled
      aria-busy={busy || undefined}
      className={cn(buttonStyle({ look, size }), className as string)}
    >
      {busy ? <LoaderCircle className="animate-spin" aria-hidden /> : null}
      {children}
    </BaseButton>
  );
}
