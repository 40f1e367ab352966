import { outcomeText } from "@/lib/core/base/vocabulary";
import { runToolLoop } from "../tool-loop";
import { blastRadius, CALLEE_DEPTH, scopeOf } from "../evidence";
import { gather, read } from "../gather";
import { toolLoopData, toolLoopPrompt } from "../prompts";
import type { InvestigationContext } from "../context";
import type { Update } from "../state";
import { createTools, TOOL_SETS } from "../tools";
import { count } from "./orchestrator";

/** Past incidents that are named: alerts alone often cannot tell which of a few it is. */
const CITED = 3;

/** Which service it is, who depends on it, what is written about it and whether it was seen before. */
export const triage = (ctx: InvestigationContext) => async (): Promise<Update> => {
  const { case: of } = ctx.investigator;
  const node = of.target.node;
  const text = [of.title, ...of.alerts.map(({ name, summary }) => `${name} ${summary}`)].join(" ").slice(0, 1_000);
  const own = await gather([
    read(ctx, "triage", "get_service_metadata", { nodes: [node] }, (services) => ({ services })),
    read(ctx, "triage", "walk_dependencies", { node, depth: CALLEE_DEPTH }, (value) => value),
    read(ctx, "triage", "search_past_incidents", { node, text }, (similar) => ({ similar })),
    read(ctx, "triage", "read_runbook", { query: text, node }, (runbooks) => ({ runbooks })),
  ]);
  const known = new Set([node, ...own.evidence.nodes.map(({ id }) => id)]);
  const tools = createTools(ctx.desk, ctx.screen, of, () => known);
  const dug = await runToolLoop(ctx, {
    node: "triage",
    role: "triage",
    system: toolLoopPrompt("triage", ctx.prompts),
    data: toolLoopData(
      of,
      [
        ctx.screen.quote("alerts", of.alerts.slice(0, 20)),
        ctx.screen.quote("services", own.evidence.services),
        ctx.screen.quote("past incidents", own.evidence.similar),
      ],
      ctx.screen.quote("nodes", [...known].slice(0, 100)),
    ),
    tools: TOOL_SETS.triage.map((name) => tools[name]),
  });
  const evidence = own.evidence;
  evidence.nodes = [...new Map([{ id: node }, ...evidence.nodes].map((n) => [n.id, n])).values()];
  const callers = blastRadius(node, evidence.edges);
  const [before, ...further] = evidence.similar.slice(0, CITED);
  const said = [
    `Severity ${of.severity} on ${node}; ${callers.length === 0 ? "no known callers" : `${count(callers.length, "service")} would be affected: ${callers.slice(0, 5).join(", ")}`}.`,
    before === undefined
      ? "No similar past incident."
      : `Similar to ${before.id} (${before.title}): ${before.node ?? "no single node"}, ${before.kind.replaceAll("_", " ")}${before.action === null ? "" : `; ${before.action} was tried: ${outcomeText(before.outcome)}`}.${further.length === 0 ? "" : ` Also similar to ${further.map(({ id }) => id).join(" and ")}.`}`,
  ];
  return {
    evidence,
    further: dug.evidence,
    blind: own.blind,
    scope: scopeOf(node, evidence.edges),
    blastRadius: callers,
    reports: [{ node: "triage", text: ctx.screen.plain(said.join(" ")), author: dug.authors[0] ?? "local" }],
  };
};
