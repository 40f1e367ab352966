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

/** Cards in as many columns as fit; only those in sight exist. Arrow keys move from card to card, Home and End to the ends. */
export function Grid(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ width: number; top: number } | null>(null);

  useLayoutEffect(() => {
    const element = box.current;
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

  return (
    <div ref={box}>
      {place === null ? (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(18rem,1fr))] gap-3">
          {props.agents.slice(0, FIRST_PAINT).map((agent, index) => (
            <li key={agent.id}>
              <Card agent={agent} index={index} decides={props.decides} onAct={props.onAct} />
            </li>
          ))}
        </ul>
      ) : (
        <Rows {...props} columns={Math.max(1, Math.floor((place.width + GAP) / (MIN_WIDTH + GAP)))} top={place.top} />
      )}
    </div>
  );
}

function Rows({ agents, decides, onAct, columns, top }: Props & { columns: number; top: number }) {
  const list = useRef<HTMLUListElement>(null);
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

  return (
    <ul
      ref={list}
      onKeyDown={onKeyDown}
      className="relative"
      style={{ height: rows.getTotalSize() }}
      aria-label="Agents"
    >
      {rows.getVirtualItems().flatMap((row) =>
        agents.slice(row.index * columns, (row.index + 1) * columns).map((agent, column) => (
          <li
            key={agent.id}
            aria-setsize={agents.length}
            aria-posinset={row.index * columns + column + 1}
            className="absolute top-0"
            style={{
              width: `calc((100% - ${(columns - 1) * GAP}px) / ${columns})`,
              left: `calc(((100% - ${(columns - 1) * GAP}px) / ${columns} + ${GAP}px) * ${column})`,
              transform: `translateY(${row.start - top}px)`,
            }}
          >
            <Card agent={agent} index={row.index * columns + column} decides={decides} onAct={onAct} />
          </li>
        )),
      )}
    </ul>
  );
}
