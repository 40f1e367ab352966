"use client";

import { Background, type Edge, MarkerType, type Node, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useMemo } from "react";
import type { ServiceStory } from "@/lib/contracts/services";
import { Panel } from "@/components/ui/panel";
import { layout, pathBetween } from "./map-layout";
import { rivalsOf } from "./story";

const WIDTH = 148;
const COLUMN = 200;
const LINE = 56;

/** Who calls whom around the incident, with the way from what alerted to what the first explanation is about. */
export function DependencyMap({ story }: { story: ServiceStory }) {
  const subjects = story.incident.subjects;
  const alerted = (subjects.find(({ role }) => role === "primary") ?? subjects[0])?.id ?? null;
  const blamed = rivalsOf(story.causes)[0]?.node ?? null;
  const path = alerted !== null && blamed !== null ? pathBetween(story.edges, alerted, blamed) : [];
  const { nodes, edges, left } = useMemo(
    () => flow(story.edges, { alerted, blamed, path, subjects: subjects.map(({ id }) => id) }),
    // oxlint-disable-next-line react/exhaustive-deps -- what it is drawn from, by value
    [JSON.stringify([story.edges, alerted, blamed, subjects])],
  );
  if (nodes.length < 2) return null;
  const rows = Math.max(...nodes.map(({ position }) => position.y)) / LINE + 1;
  return (
    <Panel
      title="Dependencies"
      hint={left > 0 ? `nearest services only; ${left} more not shown` : "callers left, callees right"}
      flush
    >
      <div
        className="[--xy-attribution-background-color:transparent] [&_a]:text-ink-3!"
        style={{ height: Math.min(460, Math.max(180, rows * LINE + 60)) }}
      >
        <ReactFlow
          nodes={nodes}
          edges={edges}
          fitView
          fitViewOptions={{ padding: 0.12 }}
          minZoom={0.2}
          maxZoom={1.1}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          zoomOnScroll={false}
          preventScrolling={false}
          aria-label="Map of dependencies"
        >
          <Background color="var(--line)" gap={24} />
        </ReactFlow>
      </div>
      <p className="border-t px-4 py-2 text-sm" data-blamed-path>
        {path.length > 1 ? (
          <>
            <span className="text-ink-3">Path from the alert to the suspect: </span>
            <strong className="font-medium wrap-anywhere">{path.join(" → ")}</strong>
          </>
        ) : blamed !== null && blamed === alerted ? (
          <>
            <strong className="font-medium">{blamed}</strong>
            <span className="text-ink-3"> raised the alert and is also the suspect.</span>
          </>
        ) : (
          <span className="text-ink-3">No known path between the alert and the suspect.</span>
        )}
      </p>
    </Panel>
  );
}

function flow(
  calls: ServiceStory["edges"],
  of: { alerted: string | null; blamed: string | null; path: readonly string[]; subjects: readonly string[] },
): { nodes: Node[]; edges: Edge[]; left: number } {
  const first = [...new Set([...of.path, ...(of.alerted === null ? [] : [of.alerted]), ...of.subjects])];
  const { nodes, edges, left } = layout(calls, first);
  const onPath = new Set(of.path);
  const step = (caller: string, callee: string) =>
    Math.abs(of.path.indexOf(caller) - of.path.indexOf(callee)) === 1 && onPath.has(caller) && onPath.has(callee);
  return {
    left,
    nodes: nodes.map(({ id, level, row }) => ({
      id,
      position: { x: level * COLUMN, y: row * LINE },
      data: { label: id === of.blamed ? `${id} · suspected` : id === of.alerted ? `${id} · alerted` : id },
      sourcePosition: Position.Right,
      targetPosition: Position.Left,
      style: {
        width: WIDTH,
        padding: "6px 8px",
        borderRadius: 8,
        fontSize: 12,
        overflow: "hidden",
        textOverflow: "ellipsis",
        whiteSpace: "nowrap",
        color: "var(--ink)",
        background: id === of.blamed ? "var(--hold-tint)" : id === of.alerted ? "var(--warn-tint)" : "var(--surface)",
        border: `1px solid ${onPath.has(id) ? "var(--hold-solid)" : "var(--line-strong)"}`,
      },
    })),
    edges: edges.map(([caller, callee]) => ({
      id: JSON.stringify([caller, callee]),
      source: caller,
      target: callee,
      markerEnd: {
        type: MarkerType.ArrowClosed,
        color: step(caller, callee) ? "var(--hold-solid)" : "var(--mute-solid)",
      },
      style: {
        stroke: step(caller, callee) ? "var(--hold-solid)" : "var(--line-strong)",
        strokeWidth: step(caller, callee) ? 2 : 1,
      },
    })),
  };
}
