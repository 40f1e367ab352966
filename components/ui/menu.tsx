"use client";

import { Menu as Base } from "@base-ui/react/menu";
import type { ReactNode } from "react";
import { Button, type ButtonProps } from "./button";
import { cn } from "./cn";

/** A menu behind an icon. */
export function Menu({
  icon,
  label,
  look = "quiet",
  children,
}: {
  icon: ReactNode;
  label: string;
  look?: ButtonProps["look"];
  children: ReactNode;
}) {
  return (
    <Base.Root>
      <Base.Trigger render={<Button look={look} size="icon" aria-label={label} />}>{icon}</Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-50 outline-none">
          <Base.Popup className="min-w-44 rounded-lg border bg-surface p-1 shadow-float outline-none">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({
  onClick,
  danger,
  disabled,
  children,
}: {
  onClick: () => void;
  danger?: boolean;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <Base.Item
      onClick={onClick}
      disabled={disabled}
      className={cn(
        "flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-sm outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-ink-3",
        danger && "text-hold [&_svg]:text-hold",
      )}
    >
      {children}
    </Base.Item>
  );
}

export const MenuLine = () => <Base.Separator className="-mx-1 my-1 h-px bg-line" />;
