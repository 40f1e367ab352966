import { z } from "zod";
import { messageOf } from "@/lib/core/evidence/log-message";
import { mineTemplates } from "@/lib/core/evidence/log-templates";
import { unreadText } from "@/lib/evidence/looked";
import type { ToolSpec } from "../models";
import type { By, Desk, Seen } from "./desk";
import { type Evidence, windowsOf } from "./evidence";
import type { Case, Window } from "./ports";
import type { Screen } from "./screen";

/** What a tool call gave: text for the model that asked, and evidence for everybody. */
export interface ToolResult {
  text: string;
  evidence?: Partial<Evidence>;
}

export interface Tool {
  spec: ToolSpec;
  /** `args` as the model gave them. Never throws for what they are. */
  run(args: unknown, by: By): Promise<ToolResult>;
}
export type ToolName =
  | "get_service_metadata"
  | "search_past_incidents"
  | "fetch_logs"
  | "mine_log_templates"
  | "query_metrics"
  | "list_recent_changes"
  | "walk_dependencies"
  | "read_runbook";

/** Which tools a specialist may ask for: only what its own question needs. */
export const TOOL_SETS = {
  triage: ["get_service_metadata", "search_past_incidents", "walk_dependencies", "read_runbook"],
  log_analyst: ["fetch_logs", "mine_log_templates"],
  deploy_correlator: ["list_recent_changes", "get_service_metadata"],
  metrics_analyst: ["query_metrics", "walk_dependencies"],
} as const satisfies Record<string, readonly ToolName[]>;

/** Lengths of time that may be asked for, in minutes. Few, so that asking again in other words is asking the same. */
const REACHES = [15, 60, 180, 720, 1440];
const MAX_NODES = 10;
const MAX_LINES = 400;
const SHOWN_LINES = 40;
const SHOWN_TEMPLATES = 30;
const SHOWN_SERIES = 30;
const SHOWN_POINTS = 12;
const SHOWN_FILES = 10;

const nodes = z.array(z.string().max(200)).min(1).max(MAX_NODES).describe("ids of nodes, as they are listed");
const node = z.string().max(200).describe("id of a node, as it is listed");
const minutes = z.number().positive().max(1440).default(60).describe("how far to look back from the alert");

/** All tools over one desk. `known` are the nodes there are: what is not among them cannot be asked about. */
export function createTools(
  desk: Desk,
  screen: Screen,
  of: Case,
  known: () => ReadonlySet<string>,
): Record<ToolName, Tool> {
  const back = (wanted: number): Window => ({
    from: of.target.at - 60 * (REACHES.find((reach) => reach >= wanted) ?? REACHES.at(-1)!),
    to: windowsOf(of.target.at).incident.to,
  });
  const tool = <T>(
    name: ToolName,
    description: string,
    input: z.ZodType<T>,
    run: (args: T, by: By) => Promise<ToolResult>,
  ): Tool => ({
    spec: {
      type: "function",
      function: { name, description, parameters: z.toJSONSchema(input, { io: "input" }) as Record<string, unknown> },
    },
    async run(args, by) {
      const parsed = input.safeParse(args);
      if (!parsed.success) return { text: `Refused: ${parsed.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`).join("; ").slice(0, 300)}` }; // prettier-ignore
      const asked = parsed.data as { node?: string; nodes?: string[] };
      const stranger = [asked.node ?? [], asked.nodes ?? []].flat().find((id) => !known().has(id));
      if (stranger !== undefined)
        return { text: `Refused: there is no node ${JSON.stringify(stranger.slice(0, 100))}.` };
      return run(parsed.data, by);
    },
  });

  /** What was read, in words for the model and as evidence. */
  function told<T>(
    looked: Seen<T>,
    label: string,
    show: (value: T) => unknown,
    as: (value: T) => Partial<Evidence>,
  ): ToolResult {
    if (!looked.ok) return { text: `Could not read.\n${screen.quote("why", looked.reason)}` };
    if (looked.again)
      return { text: "This was already read, and the result is the same. Ask something else or conclude." };
    const missing = looked.missing
      ? `\nPart of it could not be read.\n${screen.quote("why", unreadText(looked.missing))}`
      : "";
    return { text: `${screen.quote(label, show(looked.value))}${missing}`, evidence: as(looked.value) };
  }

  const logs = async (args: { nodes: string[]; minutes: number; contains?: string }, by: By) =>
    desk.look(by, "fetch_logs", {
      nodes: args.nodes,
      ...back(args.minutes),
      contains: args.contains,
      limit: MAX_LINES,
    });
  const logInput = z.object({ nodes, minutes, contains: z.string().max(100).optional().describe("only lines with this text") }); // prettier-ignore

  return {
    get_service_metadata: tool("get_service_metadata", "State, version, owner and open alerts of nodes.", z.object({ nodes }), async (args, by) =>
      told(await desk.look(by, "get_service_metadata", args), "services", (v) => v, (services) => ({ services, nodes: services.map(({ id, kind }) => ({ id, kind })) }))), // prettier-ignore
    search_past_incidents: tool("search_past_incidents", "Closed incidents like this one, with cause, action and outcome.", z.object({ node, text: z.string().max(300) }), async (args, by) =>
      told(await desk.look(by, "search_past_incidents", args), "past incidents", (v) => v, (similar) => ({ similar }))), // prettier-ignore
    fetch_logs: tool("fetch_logs", "Log lines of nodes before the alert.", logInput, async (args, by) =>
      told(await logs(args, by), "log lines", (v) => v.slice(-SHOWN_LINES), (lines) => ({ logs: lines }))), // prettier-ignore
    mine_log_templates: tool(
      "mine_log_templates",
      "What kinds of log lines nodes wrote before the alert, and how many.",
      logInput,
      async (args, by) => {
        const looked = await logs(args, by);
        return told({ ...looked, again: false }, "log templates", (lines) => templates(lines.map(({ line }) => line)), (lines) => ({ logs: lines })); // prettier-ignore
      },
    ),
    query_metrics: tool("query_metrics", "Measured series and traces of nodes before the alert.", z.object({ nodes, minutes, metric: z.string().max(200).optional() }), async (args, by) =>
      told(await desk.look(by, "query_metrics", { nodes: args.nodes, ...back(args.minutes), metric: args.metric }), "series", ({ series }) => series.slice(0, SHOWN_SERIES).map((s) => ({ ...s, points: thinned(s.points) })), ({ series, spans }) => ({ metrics: series, spans }))), // prettier-ignore
    list_recent_changes: tool("list_recent_changes", "Deploys, configuration and other changes of nodes.", z.object({ nodes, minutes }), async (args, by) =>
      told(await desk.look(by, "list_recent_changes", { nodes: args.nodes, ...back(args.minutes) }), "changes", (v) => v.map((c) => ({ ...c, files: c.files?.slice(0, SHOWN_FILES) })), (changes) => ({ changes }))), // prettier-ignore
    walk_dependencies: tool("walk_dependencies", "Who calls a node and whom it calls, to a depth.", z.object({ node, depth: z.number().int().min(1).max(4).default(2) }), async (args, by) =>
      told(await desk.look(by, "walk_dependencies", args), "dependencies", (v) => v, (v) => v)), // prettier-ignore
    read_runbook: tool("read_runbook", "Sections of runbooks about something.", z.object({ query: z.string().max(200), node: node.optional() }), async (args, by) =>
      told(await desk.look(by, "read_runbook", args), "runbook sections", (v) => v, (runbooks) => ({ runbooks }))), // prettier-ignore
  };
}

function templates(lines: string[]): { lines: number; template: string }[] {
  const mined = mineTemplates(lines.map((line) => messageOf(line).text)).templates.toSorted(
    (a, b) => b.count - a.count,
  );
  return mined.slice(0, SHOWN_TEMPLATES).map(({ count, text }) => ({ lines: count, template: text }));
}

/** Every nth point, the last one among them. */
function thinned<T>(points: readonly T[]): T[] {
  const step = Math.max(1, Math.ceil(points.length / SHOWN_POINTS));
  return points.filter((_, i) => (points.length - 1 - i) % step === 0);
}
