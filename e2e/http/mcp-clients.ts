import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as LegacyTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const INFO = { name: "tests", version: "1" };

/** What a tool answered: its data, or why it was refused. */
export interface Answered {
  data: Record<string, unknown> | null;
  refused: string | null;
  text: string;
}

/** A real client of one generation of the protocol, connected with a token. */
export interface Connected {
  instructions: string | undefined;
  tools: () => Promise<{ name: string; description?: string | undefined; inputSchema: object; outputSchema?: object | undefined; annotations?: object | undefined }[]>;
  call: (name: string, args?: Record<string, unknown>) => Promise<Answered>;
  close: () => Promise<void>;
} // prettier-ignore

export const GENERATIONS = ["2026-07-28", "legacy"] as const;
export type Generation = (typeof GENERATIONS)[number];

/** Connects; rejects if the server refuses. */
export async function connect(generation: Generation, url: string, token: string | null): Promise<Connected> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const requestInit = { headers };
  return generation === "legacy" ? connectLegacy(new URL(url), requestInit) : connectModern(new URL(url), requestInit);
}

async function connectModern(url: URL, requestInit: RequestInit): Promise<Connected> {
  const client = new Client(INFO, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  return {
    instructions: client.getInstructions(),
    tools: async () => (await client.listTools()).tools,
    call: async (name, args = {}) => answered(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
}

async function connectLegacy(url: URL, requestInit: RequestInit): Promise<Connected> {
  const client = new LegacyClient(INFO);
  await client.connect(new LegacyTransport(url, { requestInit }) as unknown as Parameters<typeof client.connect>[0]);
  return {
    instructions: client.getInstructions(),
    tools: async () => (await client.listTools()).tools,
    call: async (name, args = {}) => answered(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
}

function answered(result: object): Answered {
  const { isError, content, structuredContent } = result as {
    isError?: boolean;
    content: { text?: string }[];
    structuredContent?: Record<string, unknown>;
  };
  const text = content.map((part) => part.text ?? "").join("\n");
  return { data: isError ? null : (structuredContent ?? null), refused: isError ? text : null, text };
}
