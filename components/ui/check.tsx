"use client";

import { Checkbox as Base } from "@base-ui/react/checkbox";
import { Switch as BaseSwitch } from "@base-ui/react/switch";
import { Check, Minus } from "lucide-react";

type Props = { checked: boolean; onChange: (checked: boolean) => void; label: string; disabled?: boolean; id?: string };

/** A box to tick. `label` is read aloud; it is not shown. */
export function Checkbox({ checked, mixed, onChange, label, disabled, id }: Props & { mixed?: boolean }) {
  return (
    <Base.Root
      id={id}
      checked={checked}
      indeterminate={mixed}
      onCheckedChange={onChange}
      disabled={disabled}
      aria-label={label}
      className="relative grid size-4.5 shrink-0 place-items-center rounded border border-line-strong bg-surface after:absolute after:-inset-2 data-checked:border-transparent data-checked:bg-accent data-checked:text-accent-ink data-disabled:opacity-50 data-indeterminate:border-transparent data-indeterminate:bg-accent data-indeterminate:text-accent-ink"
    >
      <Base.Indicator className="data-unchecked:hidden">
        {mixed ? <Minus className="size-3.5" aria-hidden /> : <Check className="size-3.5" aria-hidden />}
      </Base.Indicator>
    </Base.Root>
  );
}

/** On or off, at once. */
export function Switch({ checked, onChange, label, disabled, id }: Props) {
  return (
    <BaseSwitch.Root
      id={id}
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      aria-label={label}
      className="relative flex h-5 w-9 shrink-0 rounded-full bg-mute-solid p-0.5 transition-colors data-checked:bg-accent data-disabled:opacity-50"
    >
      <BaseSwitch.Thumb className="size-4 rounded-full bg-white shadow-sm transition-transform data-checked:translate-x-4" />
    </BaseSwitch.Root>
  );
}
