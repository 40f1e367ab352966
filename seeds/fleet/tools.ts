import { tool } from "langchain";
import { z } from "zod";
import { currentRun } from "../../sdk/typescript/index";
import { evaluate } from "./arithmetic";
import type { Documents } from "./documents";
import type { Inbox } from "./inbox";
import { MEASURES, PRODUCTS, REGIONS, type Table, type TableQuery } from "./tables";

export const TOOL_NAMES = [
  "search_documents",
  "query_table",
  "fetch_rate",
  "calculate",
  "remember",
  "delegate",
  "collect_reports",
] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** What one agent's tools work on. */
export interface Desk {
  agentId: string;
  documents: Documents;
  table: Table;
  ratesUrl: string;
  /** The tenant that the rates service knows this agent as. */
  tenant: string;
  note: (text: string) => void;
  learn: (lesson: string) => void;
  inbox: Inbox;
  /** Takes as long as such a tool takes. */
  work: (signal?: AbortSignal) => Promise<void>;
}

export const SIDE_EFFECTS = { search_documents: "read", query_table: "read", fetch_rate: "external", calculate: "read", remember: "write", delegate: "write", collect_reports: "read" } as const satisfies Record<ToolName, string>; // prettier-ignore

const signalOf = (config: { signal?: unknown } | undefined) =>
  config?.signal instanceof AbortSignal ? config.signal : undefined;

export function createTools(desk: Desk) {
  /** A tool's function, after the time it takes. */
  const taking =
    <A>(use: (args: A) => string) =>
    async (args: A, config?: { signal?: unknown }) => {
      await desk.work(signalOf(config));
      return use(args);
    };
  return {
    search_documents: tool(
      taking(({ query }: { query: string }) => {
        const pages = desk.documents.search(query, 2);
        return pages.map((page) => `${page.title}: ${page.text}`).join("\n") || "Nothing found.";
      }),
      {
        name: "search_documents",
        description: "Finds the two pages of the handbook that fit a query best.",
        schema: z.object({ query: z.string() }),
      },
    ),
    query_table: tool(
      taking(({ measure, ...where }: TableQuery) => desk.table.query(measure, where)),
      {
        name: "query_table",
        description: "Sums a measure of the order book.",
        schema: z.object({
          measure: z.enum(MEASURES),
          region: z.enum(REGIONS).optional(),
          product: z.enum(PRODUCTS).optional(),
        }),
      },
    ),
    fetch_rate: tool(
      async ({ currency }, config) => {
        // No timeout of its own, like much code in the field: a service that never answers hangs the run.
        const signal = signalOf(config);
        const url = `${desk.ratesUrl}/tenants/${encodeURIComponent(desk.tenant)}/rates/${currency}`;
        const response = await fetch(url, signal ? { signal } : {});
        if (!response.ok)
          throw Object.assign(new Error(`the rates service answered ${response.status}`), { status: response.status });
        return response.text();
      },
      {
        name: "fetch_rate",
        description: "Today's exchange rate of a currency to the dollar.",
        schema: z.object({ currency: z.string() }),
      },
    ),
    calculate: tool(
      taking(({ expression }: { expression: string }) => String(Math.round(evaluate(expression) * 100) / 100)),
      {
        name: "calculate",
        description: "Works out an arithmetic expression.",
        schema: z.object({ expression: z.string() }),
      },
    ),
    remember: tool(
      taking(({ note, lesson }: { note?: string | undefined; lesson?: string | undefined }) => {
        if (lesson) desk.learn(lesson);
        if (note) desk.note(note);
        return "Noted.";
      }),
      {
        name: "remember",
        description: "Writes a note, or a lesson that stays.",
        schema: z.object({ note: z.string().optional(), lesson: z.string().optional() }),
      },
    ),
    delegate: tool(
      taking(({ task }: { task: string }) => desk.inbox.hand(desk.agentId, task, currentRun())),
      {
        name: "delegate",
        description: "Hands a task to a colleague. Their report comes later.",
        schema: z.object({ task: z.string() }),
      },
    ),
    collect_reports: tool(
      taking(() => desk.inbox.collect(desk.agentId)),
      {
        name: "collect_reports",
        description: "What colleagues have reported on tasks handed to them.",
        schema: z.object({}),
      },
    ),
  };
}
