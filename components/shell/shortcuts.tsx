"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";
import { usePlaces } from "./use-places";

/** How long after g the second key still counts. */
const CHORD_MS = 1_200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));

/** The keys that work everywhere: ⌘K and Ctrl K, g and a letter, / for the page's search, ? for this list. */
export function Shortcuts({ onPalette }: { onPalette: () => void }) {
  const router = useRouter();
  const [help, setHelp] = useState(false);
  const places = usePlaces();

  useEffect(() => {
    let chordUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onPalette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
      const place = event.timeStamp < chordUntil ? places.find(({ key }) => key === event.key) : undefined;
      chordUntil = event.key === "g" ? event.timeStamp + CHORD_MS : 0;
      if (place) router.push(place.href);
      else if (event.key === "?") setHelp(true);
      else if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("[data-page-search]");
        if (!search) return;
        event.preventDefault();
        search.focus();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [onPalette, places, router]);

  return (
    <Dialog open={help} onOpenChange={setHelp} title="Keyboard shortcuts">
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2 text-sm">
        <Row keys={["⌘", "K"]} says="Search" />
        <Row keys={["/"]} says="Search this page" />
        {places.map((place) => (
          <Row key={place.href} keys={["g", place.key]} says={place.label} />
        ))}
        <Row keys={["j", "k"]} says="Move down and up a list of incidents" />
        <Row keys={["enter"]} says="Open the focused item" />
        <Row keys={["←", "↑", "→", "↓"]} says="Move between agents in the grid" />
        <Row keys={["?"]} says="This list" />
      </dl>
    </Dialog>
  );
}

const Row = ({ keys, says }: { keys: string[]; says: string }) => (
  <>
    <dt className="flex gap-1">
      {keys.map((key) => (
        <Kbd key={key}>{key}</Kbd>
      ))}
    </dt>
    <dd className="text-ink-2">{says}</dd>
  </>
);
