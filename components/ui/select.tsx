"use client";

import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";
import { cn } from "./cn";

export interface Option<V extends string> {
  value: V;
  label: string;
}

/** One of a few. `label` is read aloud; it is not shown. */
export function Select<V extends string>({
  value,
  onChange,
  options,
  label,
  id,
  disabled,
  className,
}: {
  value: V;
  onChange: (value: V) => void;
  options: readonly Option<V>[];
  label: string;
  id?: string;
  disabled?: boolean;
  className?: string;
}) {
  return (
    <Base.Root
      items={options}
      value={value}
      onValueChange={(next) => next !== null && onChange(next as V)}
      disabled={disabled}
    >
      <Base.Trigger
        id={id}
        aria-label={label}
        className={cn(
          "flex h-10 min-w-0 items-center justify-between gap-2 rounded-md border border-line-strong bg-surface px-2.5 text-sm hover:bg-hover data-disabled:cursor-not-allowed data-disabled:opacity-60 sm:h-8",
          className,
        )}
      >
        <Base.Value className="truncate" />
        <Base.Icon>
          <ChevronsUpDown className="size-3.5 text-ink-3" aria-hidden />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50 outline-none">
          <Base.Popup className="max-h-(--available-height) min-w-(--anchor-width) overflow-y-auto rounded-lg border bg-surface p-1 shadow-float outline-none">
            <Base.List>
              {options.map((option) => (
                <Base.Item
                  key={option.value}
                  value={option.value}
                  className="grid cursor-default grid-cols-[1rem_1fr] items-center gap-2 rounded-md py-1.5 pr-3 pl-1.5 text-sm outline-none select-none data-highlighted:bg-hover"
                >
                  <Base.ItemIndicator className="col-start-1">
                    <Check className="size-3.5" aria-hidden />
                  </Base.ItemIndicator>
                  <Base.ItemText className="col-start-2">{option.label}</Base.ItemText>
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
