"use client";

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useLayoutEffect, useRef, useState } from "react";
import type { AgentCard as Agent } from "@/lib/contracts/agents";
import { Card, CARD_HEIGHT, type CardAct } from "./card";

const MIN_WIDTH = 288;
const GAP = 12;
/** Rows kept ready above and below what is seen. */
const OVERSCAN = 3;
/** Drawn before the width is known (on the server): about a screenful. */
const FIRST_PAINT = 12;

interface Props {
  agents: readonly Agent[];
  decides: boolean;
  onAct: (agent: Agent, act: CardAct) => void;
}

/**
 * Cards in as many columns as fit; only those in sight exist. Arrow keys move from card to card, Home and End to the
 * ends. The cards of the first paint stay the same elements once the width is known: a click that began on one of them
 * must end on it.
 */
export function Grid({ agents, decides, onAct }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const [place, setPlace] = useState<{ width: number; top: number } | null>(null);

  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const measure = () => {
      const { width, top } = element.getBoundingClientRect();
      setPlace((old) => {
        const next = { width: Math.round(width), top: Math.round(top + scrollY) };
        return old && old.width === next.width && old.top === next.top ? old : next;
      });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  const columns = place === null ? 1 : Math.max(1, Math.floor((place.width + GAP) / (MIN_WIDTH + GAP)));
  const top = place?.top ?? 0;
  // oxlint-disable-next-line react/incompatible-library -- the compiler is not used here
  const rows = useWindowVirtualizer({
    count: Math.ceil(agents.length / columns),
    estimateSize: () => CARD_HEIGHT + GAP,
    overscan: OVERSCAN,
    scrollMargin: top,
    useFlushSync: false,
  });

  const focusCard = useCallback(
    (index: number) => {
      rows.scrollToIndex(Math.floor(index / columns), { align: "auto" });
      const take = (tries: number) => {
        const link = list.current?.querySelector<HTMLElement>(`[data-card="${index}"]`);
        if (link) link.focus();
        else if (tries > 0) requestAnimationFrame(() => take(tries - 1));
      };
      take(20);
    },
    [rows, columns],
  );

  const onKeyDown = (event: KeyboardEvent) => {
    const at = Number((event.target as HTMLElement).closest("[data-card]")?.getAttribute("data-card") ?? Number.NaN);
    if (Number.isNaN(at)) return;
    const steps: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at - columns,
      ArrowDown: at + columns,
      Home: 0,
      End: agents.length - 1,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    focusCard(Math.min(Math.max(to, 0), agents.length - 1));
  };

  /** Index and place of each card that exists. */
  const cells =
    place === null
      ? agents.slice(0, FIRST_PAINT).map((_, index) => ({ index, style: undefined }))
      : rows.getVirtualItems().flatMap((row) =>
          agents.slice(row.index * columns, (row.index + 1) * columns).map((_, column) => ({
            index: row.index * columns + column,
            style: {
              width: `calc((100% - ${(columns - 1) * GAP}px) / ${columns})`,
              left: `calc(((100% - ${(columns - 1) * GAP}px) / ${columns} + ${GAP}px) * ${column})`,
              transform: `translateY(${row.start - top}px)`,
            },
          })),
        );

  return (
    <ul
      ref={list}
      onKeyDown={onKeyDown}
      className={place === null ? "grid grid-cols-[repeat(auto-fill,minmax(18rem,1fr))] gap-3" : "relative"}
      style={place === null ? undefined : { height: rows.getTotalSize() }}
      aria-label="Agents"
    >
      {cells.map(({ index, style }) => (
        <li
          key={agents[index]!.id}
          aria-setsize={agents.length}
          aria-posinset={index + 1}
          className={place === null ? undefined : "absolute top-0"}
          style={style}
        >
          <Card agent={agents[index]!} index={index} decides={decides} onAct={onAct} />
        </li>
      ))}
    </ul>
  );
}
