"use client";

import { AlertDialog as BaseAlert } from "@base-ui/react/alert-dialog";
import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Button } from "./button";
import { cn } from "./cn";

const backdrop =
  "fixed inset-0 z-40 bg-black/35 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-black/60";
const popup =
  "fixed inset-x-0 bottom-0 z-50 mx-auto flex max-h-[88dvh] w-full flex-col rounded-t-xl border bg-surface shadow-float outline-none transition duration-150 ease-out data-ending-style:translate-y-2 data-ending-style:opacity-0 data-starting-style:translate-y-2 data-starting-style:opacity-0 sm:top-[12vh] sm:bottom-auto sm:max-h-[76dvh] sm:w-[calc(100vw-2rem)] sm:rounded-xl";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
  children?: ReactNode;
};

/** A dialog; on a phone it rises from the bottom, within reach of a thumb. */
export function Dialog({ open, onOpenChange, title, description, footer, wide, children }: Props) {
  return (
    <BaseDialog.Root open={open} onOpenChange={onOpenChange}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={backdrop} />
        <BaseDialog.Popup className={cn(popup, wide ? "sm:max-w-2xl" : "sm:max-w-md")}>
          <header className="flex items-start gap-3 border-b px-4 py-3">
            <div className="min-w-0 flex-1">
              <BaseDialog.Title className="font-semibold">{title}</BaseDialog.Title>
              {description ? (
                <BaseDialog.Description className="mt-0.5 text-sm text-ink-2">{description}</BaseDialog.Description>
              ) : null}
            </div>
            <BaseDialog.Close
              render={<Button look="quiet" size="icon" aria-label="Close" className="-mr-1.5 -mt-0.5" />}
            >
              <X aria-hidden />
            </BaseDialog.Close>
          </header>
          {children ? <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div> : null}
          {footer ? <footer className="flex flex-wrap justify-end gap-2 border-t px-4 py-3">{footer}</footer> : null}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

/** Asks before an act that others will notice. It has to be answered: a click beside it does not close it. */
export function AlertDialog({ open, onOpenChange, title, description, footer, children }: Props) {
  return (
    <BaseAlert.Root open={open} onOpenChange={onOpenChange}>
      <BaseAlert.Portal>
        <BaseAlert.Backdrop className={backdrop} />
        <BaseAlert.Popup className={cn(popup, "sm:max-w-md")}>
          <header className="px-4 pt-4">
            <BaseAlert.Title className="font-semibold">{title}</BaseAlert.Title>
            {description ? (
              <BaseAlert.Description className="mt-1 text-sm text-ink-2">{description}</BaseAlert.Description>
            ) : null}
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
          <footer className="flex flex-wrap justify-end gap-2 border-t px-4 py-3">{footer}</footer>
        </BaseAlert.Popup>
      </BaseAlert.Portal>
    </BaseAlert.Root>
  );
}

/** What a dialog's footer offers: to leave it, and the one act that it is for. */
export const Choice = ({ onCancel, ...act }: { onCancel: () => void } & ComponentProps<typeof Button>) => (
  <>
    <Button size="touch" onClick={onCancel}>
      Cancel
    </Button>
    <Button size="touch" look="primary" {...act} />
  </>
);
