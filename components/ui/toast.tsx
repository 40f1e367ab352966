"use client";

import { Toast } from "@base-ui/react/toast";
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Button } from "./button";
import { cn } from "./cn";

const manager = Toast.createToastManager();

/** Tells what became of an act, for a few seconds, whatever screen is shown by then. */
export const toast = {
  success: (text: string): void => void manager.add({ title: text }),
  error: (text: string): void => void manager.add({ title: text, type: "error", priority: "high" }),
};

/**
 * Where toasts appear: one place in the document, in the band of the header, over nothing that is pressed. What is decided stands at
 * the bottom and to the right of cards, and in a bar at the bottom of a phone.
 */
export const Toasts = () => (
  <Toast.Provider toastManager={manager}>
    <Toast.Portal>
      <Toast.Viewport className="fixed inset-x-4 top-1.5 z-60 mx-auto flex flex-col gap-2 outline-none sm:w-88">
        <Shown />
      </Toast.Viewport>
    </Toast.Portal>
  </Toast.Provider>
);

function Shown() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((item) => {
    const failed = item.type === "error";
    const Icon = failed ? CircleAlert : CircleCheck;
    return (
      <Toast.Root
        key={item.id}
        toast={item}
        swipeDirection={["right", "up"]}
        className="rounded-lg border bg-surface shadow-float transition duration-150 data-ending-style:opacity-0 data-limited:hidden data-starting-style:-translate-y-2 data-starting-style:opacity-0"
      >
        <Toast.Content className="flex items-start gap-2.5 py-2.5 pr-1.5 pl-3">
          <Icon className={cn("mt-0.5 size-4 shrink-0", failed ? "text-hold" : "text-ok")} aria-hidden />
          <Toast.Title render={<p />} className="min-w-0 flex-1 text-sm wrap-anywhere" />
          <Toast.Close render={<Button look="quiet" size="icon" aria-label="Close" className="-my-1.5" />}>
            <X aria-hidden />
          </Toast.Close>
        </Toast.Content>
      </Toast.Root>
    );
  });
}
