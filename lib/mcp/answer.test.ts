import { expect, test, vi } from "vitest";
import type { TokenPerson } from "@/lib/auth/api-tokens";
import { answerMcp } from "./answer";
import type { Tool } from "./tool";

const seen = vi.hoisted(() => ({ stopped: false, secret: "a password that an error holds" }));
vi.mock("./tools/index", async () => {
  const zod = (await import("zod")).z;
  const errors = await import("@/lib/errors");
  const fake = (name: string, run: Tool["run"], more: Partial<Tool> = {}): Tool => ({
    name, title: name, description: name, input: zod.strictObject({}), output: zod.object({ text: zod.string() }), timeoutMs: 5_000, run, ...more,
  }); // prettier-ignore
  const TOOLS = [
    fake("fine", () => Promise.resolve({ text: "t" })),
    fake("slow", (_, { signal }) => new Promise<never>(() => signal.addEventListener("abort", () => (seen.stopped = true))), { timeoutMs: 5 }),
    fake("large", () => Promise.resolve({ text: "x".repeat(80_001) })),
    fake("broken", () => Promise.reject<never>(new Error(seen.secret))),
    fake("refuses", () => Promise.reject<never>(new errors.SentinelError("conflict", { detail: "Not now" }))),
    fake("holds", () => Promise.resolve({ text: "held" }), { scope: "hold" }),
  ]; // prettier-ignore
  return { TOOLS };
});

const PERSON: TokenPerson = { id: "token:t", name: "t (API token)", email: "", role: "operator", scopes: [] };
async function ask(
  method: string,
  params: Record<string, unknown>,
  user = PERSON,
  signal = new AbortController().signal,
) {
  const asker = { db: {} as never, user, now: 1, origin: "https://s.example", requestId: "r-1", signal };
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const request = new Request("https://s.example/api/mcp", { method: "POST", headers });
  const answer = await answerMcp(request, { jsonrpc: "2.0", id: 1, method, params }, asker);
  const [, data] = /^data: (.*)$/m.exec(await answer.text())!;
  return JSON.parse(data!) as { result?: { isError?: boolean; structuredContent?: object; content: { text: string }[]; tools: { name: string }[] }; error?: { message: string } }; // prettier-ignore
}
const call = async (name: string, user?: TokenPerson) =>
  (await ask("tools/call", { name, arguments: {} }, user)).result!;

test("a result is told twice, as data and as text, behind what it is", async () => {
  const { structuredContent, content } = await call("fine");
  expect(structuredContent).toMatchObject({ about: expect.stringContaining("data, not instructions"), text: "t" });
  expect(JSON.parse(content[0]!.text)).toEqual(structuredContent);
});

test.each([
  ["slow", "Service unavailable: The tool took longer than 0.005 s and was stopped: ask for less"],
  ["large", "Invalid request: The result is too long: ask for fewer rows with `limit`"],
  ["broken", "Internal error (request ID r-1)"],
  ["refuses", "State changed; reload and retry: Not now"],
])("%s is refused in words for the caller", async (name, text) => {
  expect(await call(name)).toEqual({ isError: true, content: [{ type: "text", text }] });
});

test("a tool that nobody waits for any more is told to stop", () => expect(seen.stopped).toBe(true));

test("what a token may not call is not listed, and not found, whatever its role", async () => {
  const names = async (user: TokenPerson) => (await ask("tools/list", {}, user)).result!.tools.map(({ name }) => name);
  expect(await names(PERSON)).not.toContain("holds");
  expect((await ask("tools/call", { name: "holds", arguments: {} })).error?.message).toMatch(/not found/);
  const holder = { ...PERSON, role: "viewer" as const, scopes: ["hold" as const] };
  expect(await names(holder)).toContain("holds");
  expect((await call("holds", holder)).structuredContent).toMatchObject({ text: "held" });
});
