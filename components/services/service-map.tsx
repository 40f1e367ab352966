"use client";

import "@xyflow/react/dist/style.css";
import {
  Controls,
  type Edge,
  Handle,
  MarkerType,
  MiniMap,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
} from "@xyflow/react";
import { BellRing } from "lucide-react";
import Link from "next/link";
import { memo, useMemo } from "react";
import type { ServiceState } from "@/lib/core/base/vocabulary";
import { INK } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { STRIPE } from "./badges";
import { layOut } from "./map-layout";
import { SERVICE } from "./states";

const WIDTH = 176;
const HEIGHT = 46;
const COLUMN = WIDTH + 84;
const ROW = HEIGHT + 18;

/** From so many nodes on the whole is too small to read at once. */
const LARGE = 40;

/** It opens no smaller than this: a card is then still high enough to be hit with a thumb (24 px, WCAG 2.2, 2.5.8). */
const READABLE_ZOOM = 0.56;

const DOT: Record<ServiceState, string> = {
  down: "var(--hold-solid)",
  degraded: "var(--warn-solid)",
  unknown: "var(--mute-solid)",
  healthy: "var(--ok-solid)",
};

export interface MapService {
  id: string;
  state: ServiceState;
  firing: number;
}

type Data = { service: MapService; faint: boolean };
type ServiceNode = Node<Data, "service">;

const NODE_TYPES = { service: memo(Card) };

/** The colours of the library's own parts, as the theme has them. */
const COLOURS =
  "[--xy-attribution-background-color:transparent] [--xy-minimap-background-color:var(--sunken)] [--xy-minimap-mask-background-color:color-mix(in_oklab,var(--canvas)_65%,transparent)] [--xy-controls-button-background-color:var(--surface)] [--xy-controls-button-background-color-hover:var(--hover)] [--xy-controls-button-border-color:var(--line)] [--xy-controls-button-color:var(--ink-2)] [--xy-controls-button-color-hover:var(--ink)] [&_[aria-label='React_Flow_attribution']]:text-ink-2!";

/**
 * Who calls whom, callers at the left. `services` are what is asked for; the neighbours of them are drawn too, faintly, so that
 * no way ends in nothing.
 */
export function ServiceMap({
  services,
  all,
  edges,
  className,
}: {
  services: readonly MapService[];
  all: readonly MapService[];
  edges: readonly (readonly [string, string])[];
  className?: string;
}) {
  const { nodes, lines, first } = useMemo(() => draw(services, all, edges), [services, all, edges]);
  return (
    <div className={cn("panel overflow-hidden", className)} role="region" aria-label="Dependency map">
      <ReactFlowProvider>
        <ReactFlow
          nodes={nodes}
          edges={lines}
          nodeTypes={NODE_TYPES}
          fitView
          fitViewOptions={{ minZoom: READABLE_ZOOM, maxZoom: 1, padding: 0.08, nodes: first }}
          minZoom={0.05}
          maxZoom={1.5}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          onlyRenderVisibleElements
          zoomOnScroll={false}
          preventScrolling={false}
          className={COLOURS}
        >
          <Controls showInteractive={false} />
          {nodes.length > LARGE ? (
            <MiniMap<ServiceNode>
              nodeColor={({ data }) => DOT[data.service.state]}
              nodeStrokeWidth={0}
              pannable
              ariaLabel="Full map"
              className="max-sm:hidden"
            />
          ) : null}
        </ReactFlow>
      </ReactFlowProvider>
    </div>
  );
}

const isIll = ({ state }: MapService): boolean => state === "down" || state === "degraded";

function draw(
  services: readonly MapService[],
  all: readonly MapService[],
  edges: readonly (readonly [string, string])[],
): { nodes: ServiceNode[]; lines: Edge[]; first: { id: string }[] } {
  const asked = new Set(services.map(({ id }) => id));
  const near = edges.filter(([caller, callee]) => asked.has(caller) || asked.has(callee));
  const shown = new Set([...asked, ...near.flat()]);
  const byId = new Map(all.map((service) => [service.id, service]));
  const of = (id: string): MapService => byId.get(id) ?? { id, state: "unknown", firing: 0 };
  const nodes = layOut([...shown], near).map(({ id, column, row }): ServiceNode => ({
    id,
    type: "service",
    position: { x: column * COLUMN, y: row * ROW },
    width: WIDTH,
    height: HEIGHT,
    data: { service: of(id), faint: !asked.has(id) },
  }));
  const lines = near.map(([caller, callee]): Edge => {
    // A way along which things are not well is drawn over the others.
    const ill = isIll(of(caller)) && isIll(of(callee));
    const stroke = ill ? "var(--hold-solid)" : "var(--line-strong)";
    return {
      id: `${caller} ${callee}`,
      source: caller,
      target: callee,
      style: { stroke, strokeWidth: ill ? 1.75 : 1 },
      markerEnd: { type: MarkerType.ArrowClosed, color: stroke, width: 14, height: 14 },
      zIndex: ill ? 1 : 0,
    };
  });
  // A large map opens on the unhealthy services with their callers and callees, unless none or all are unhealthy.
  const ill = new Set(nodes.filter(({ id }) => isIll(of(id))).map(({ id }) => id));
  const around = new Set([...ill, ...near.filter((edge) => edge.some((id) => ill.has(id))).flat()]);
  const small = nodes.length <= LARGE || around.size === 0 || around.size > LARGE;
  return { nodes, lines, first: (small ? nodes : nodes.filter(({ id }) => around.has(id))).map(({ id }) => ({ id })) };
}

function Card({ data: { service, faint } }: NodeProps<ServiceNode>) {
  const { id, state, firing } = service;
  const { icon: Icon, label, tone } = SERVICE[state];
  return (
    <Link
      href={`/services/${encodeURIComponent(id)}`}
      title={id}
      style={{ width: WIDTH, height: HEIGHT }}
      className={cn(
        "nodrag nopan pointer-events-auto relative flex flex-col justify-center overflow-hidden rounded-md border border-line-strong bg-surface pr-2 pl-3.5 text-left hover:bg-hover",
        state === "unknown" && "border-dashed",
        faint && "bg-sunken",
      )}
    >
      <span className={cn("absolute inset-y-0 left-0 w-1", STRIPE[state])} aria-hidden />
      <Handle type="target" position={Position.Left} isConnectable={false} className="invisible" />
      <span className={cn("block truncate text-xs font-semibold", faint && "font-normal")}>{id}</span>
      <span className={cn("flex items-center gap-1 text-2xs", INK[tone])}>
        <Icon className="size-3" aria-hidden />
        {label}
        {firing > 0 ? (
          <span className="num ml-auto flex items-center gap-0.5 text-hold">
            <BellRing className="size-3" aria-hidden />
            {firing}
            <span className="sr-only"> alerts firing</span>
          </span>
        ) : null}
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} className="invisible" />
    </Link>
  );
}
