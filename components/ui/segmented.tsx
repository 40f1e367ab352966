"use client";

import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { cn } from "./cn";
import type { Option } from "./select";

/** A few choices side by side, one of them taken. */
export function Segmented<V extends string>({
  value,
  onChange,
  options,
  label,
  disabled,
  className,
}: {
  value: V;
  onChange: (value: V) => void;
  options: readonly Option<V>[];
  label: string;
  disabled?: boolean;
  className?: string;
}) {
  return (
    <ToggleGroup
      aria-label={label}
      value={[value]}
      disabled={disabled}
      onValueChange={([next]) => next && onChange(next as V)}
      className={cn("inline-flex rounded-md border border-line-strong bg-sunken p-0.5", className)}
    >
      {options.map((option) => (
        <Toggle
          key={option.value}
          value={option.value}
          className="h-6.5 flex-1 rounded-[5px] px-2 text-xs font-medium whitespace-nowrap text-ink-2 hover:text-ink data-disabled:cursor-not-allowed data-pressed:bg-surface data-pressed:text-ink data-pressed:shadow-[0_0_0_1px_var(--line-strong)]"
        >
          {option.label}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
