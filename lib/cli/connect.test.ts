import { Command } from "commander";
import { afterEach, expect, test, vi } from "vitest";
import { CONNECTABLE, guideFor, UNREACHABLE_WORDS } from "@/lib/ingest/hooks/guides";
import { DIALECTS } from "@/lib/ingest/hooks/dialects";
import { registerConnect } from "./connect";

const TO = { url: "https://sentinel.example.com", key: "snt_abc", managed: false, whenUnreachable: "allow" } as const;
afterEach(() => vi.restoreAllMocks());

async function printed(...args: string[]): Promise<string> {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const program = new Command().exitOverride();
  registerConnect(program);
  await program.parseAsync(["node", "sentinel", "connect", ...args]);
  return lines.join("\n");
}

test.each(CONNECTABLE.flatMap((program) => [false, true].map((managed) => [program, managed] as const)))(
  "%s, managed %s: the settings name this server and the key, and what they mean",
  (program, managed) => {
    for (const whenUnreachable of ["allow", "block"] as const) {
      const guide = guideFor(program, { ...TO, managed, whenUnreachable });
      const text = guide.parts.map((part) => part.text).join("\n");
      expect(text).toContain(TO.key);
      expect(text).toContain(TO.url);
      expect(guide.notes.includes(UNREACHABLE_WORDS[whenUnreachable])).toBe(guide.holds);
    }
  },
);

test.each(["claude-code", "gemini-cli"] as const)("%s: every hook that is set is understood", (program) => {
  const { parts } = guideFor(program, TO);
  const { hooks } = JSON.parse(parts[0]!.text) as { hooks: Record<string, unknown> };
  for (const name of Object.keys(hooks)) expect(DIALECTS[program].kinds).toHaveProperty(name);
});

test("codex: every hook that is set is understood", () => {
  const [part] = guideFor("codex", TO).parts;
  const names = [...part!.text.matchAll(/^\[\[hooks\.(\w+)\]\]$/gm)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) expect(DIALECTS.codex.kinds).toHaveProperty(name);
});

test("team and repository go where each program takes them", async () => {
  const of = (program: string, ...more: string[]) =>
    printed(program, "--key", "snt_abc", "--url", TO.url, "--team", "ml", ...more);
  const claude = await of("claude-code", "--repository", "acme/shop");
  expect(claude).toContain('"OTEL_RESOURCE_ATTRIBUTES": "team=ml,vcs.repository.name=acme/shop"');
  expect(claude.match(/"x-sentinel-team": "ml"/g)).toHaveLength(6);
  for (const program of ["codex", "gemini-cli"]) expect(await of(program)).toContain("-H 'x-sentinel-team: ml'");
  expect(await of("otel")).toContain("export OTEL_RESOURCE_ATTRIBUTES=team=ml");
  await expect(of("codex", "--repository", "acme/shop")).rejects.toThrow("--repository: codex sends no such attribute");
  await expect(printed("otel", "--key", "snt_abc", "--team", "a b")).rejects.toThrow("--team: must be");
  expect(JSON.stringify(guideFor("claude-code", TO))).not.toMatch(/x-sentinel-team|RESOURCE/);
});

test("only what asks blocks when the server is away", () => {
  const blocks = (program: "claude-code" | "gemini-cli", name: string, whenUnreachable: "allow" | "block") => {
    const { hooks } = JSON.parse(guideFor(program, { ...TO, whenUnreachable }).parts[0]!.text);
    return /onFailure|exit 2/.test(JSON.stringify(hooks[name]));
  };
  expect(blocks("claude-code", "PreToolUse", "block")).toBe(true);
  expect(blocks("claude-code", "PreToolUse", "allow")).toBe(false);
  expect(blocks("claude-code", "PostToolUse", "block")).toBe(false);
  expect(blocks("gemini-cli", "BeforeTool", "block")).toBe(true);
  expect(blocks("gemini-cli", "AfterTool", "block")).toBe(false);
});

test("the command prints what a program needs, with a key that there is", async () => {
  const text = await printed("claude-code", "--key", "snt_abc", "--url", "https://s.example.com/", "--managed");
  expect(text).toContain('"url": "https://s.example.com/api/v1/hooks/claude-code"');
  expect(text).toContain("managed-settings.json");
  expect(text).toContain('"allowedHttpHookUrls"');
  const json = JSON.parse(
    await printed("codex", "--key", "snt_abc", "--json", "--when-unreachable", "block"),
  ) as object;
  expect(json).toMatchObject({ key: "snt_abc", name: "Codex", parts: [{ where: "~/.codex/config.toml" }] });
});

test.each([
  ["a program that nobody knows", ["nano", "--key", "x"], /<program>: nano must be one of claude-code/],
  ["no address", ["codex", "--key", "x", "--url", "ftp://x"], /--url: ftp:\/\/x is not an http/],
  ["no key", ["codex", "--key", "x'; rm"], /--key: /],
])("%s is refused, by its name", async (_, args, error) => {
  await expect(printed(...args)).rejects.toThrow(error);
});
