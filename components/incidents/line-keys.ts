import { useEffect } from "react";

const isTaken = ({ target, metaKey, ctrlKey, altKey }: KeyboardEvent): boolean =>
  metaKey ||
  ctrlKey ||
  altKey ||
  (target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))) ||
  document.querySelector('[role="dialog"], [role="alertdialog"], [role="listbox"]') !== null;

/** j and k move down and up through the page's lines (`data-line`); enter opens the one that has focus, as with any link. */
export function useLineKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.key !== "j" && event.key !== "k") || isTaken(event)) return;
      const lines = [...document.querySelectorAll<HTMLElement>("[data-line]")];
      const at = lines.indexOf(document.activeElement as HTMLElement);
      const next = at === -1 ? lines[0] : lines[at + (event.key === "j" ? 1 : -1)];
      if (!next) return;
      event.preventDefault();
      next.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
