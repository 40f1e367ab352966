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
    fake("acts", () => new Promise<never>(() => undefined), { timeoutMs: 5, late: "it may still be carried out" }),
    fake("stops", () => new Promise<never>(() => undefined)),
    fake("long", () => Promise.resolve({ text: "x".repeat(80_001) }), { input: zod.strictObject({ limit: zod.int().default(1) }) }),
    fake("operates", () => Promise.resolve({ text: "done" }), { role: "operator" }),
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
  ["slow", "Service unavailable: No result within 0.005 s: ask for less"],
  ["acts", "Service unavailable: No result within 0.005 s: it may still be carried out"],
  ["large", "Invalid request: The result is too long"],
  ["long", "Invalid request: The result is too long: ask for fewer rows with `limit`"],
  ["broken", "Internal error (request ID r-1)"],
  ["refuses", "Not possible now: Not now"],
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
  expect(await names(PERSON)).toContain("operates");
  expect(await names(holder)).not.toContain("operates");
  expect((await ask("tools/call", { name: "operates", arguments: {} }, holder)).error?.message).toMatch(/not found/);
});

test("at the end of the server a caller is told so, not that the tool was too slow", async () => {
  const stopped = call("stops");
  for (const listener of process.listeners("SIGTERM")) listener("SIGTERM");
  expect((await stopped).content[0]!.text).toBe("Service unavailable: The server is stopping: call again in a minute");
});
