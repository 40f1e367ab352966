import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { HookBody } from "@/lib/contracts/hooks";
import { read } from "../otlp/read";
import { callRecord } from "../otlp/told";
import { readHook } from "./dialects";

/** What the real Claude Code sent to its hooks and over OTLP in one session, beside the project where it is there. */
const CLIENTS = resolve("../shared/clients");

describe.skipIf(!existsSync(CLIENTS)).each(["claude-code-json", "claude-code-protobuf"])("%s", (folder) => {
  const files = () => readdirSync(join(CLIENTS, folder)).toSorted();
  const bytesOf = (file: string) => readFileSync(join(CLIENTS, folder, file));
  const hooks = () =>
    files()
      .filter((file) => file.endsWith("-hook.json"))
      .map((file) => readHook("claude-code", HookBody.parse(JSON.parse(bytesOf(file).toString()))));

  test("every hook is understood, none of its content is kept", () => {
    expect(hooks().map(({ kind }) => kind)).toEqual([
      "before_prompt",
      ...Array.from({ length: 3 }, () => ["before_tool", "after_tool"]).flat(),
      "other",
    ]);
    for (const hook of hooks().filter(({ tool }) => tool !== null))
      expect(hook).toMatchObject({ tool: "Bash", callId: expect.stringMatching(/^toolu_/), home: "/home/dev", failed: false }); // prettier-ignore
    expect(JSON.stringify(hooks())).not.toMatch(/hello/);
    expect(new Set(hooks().map(({ session }) => session)).size).toBe(1);
    // The three commands differ.
    expect(new Set(hooks().flatMap(({ actionHash }) => actionHash ?? [])).size).toBe(3);
  });

  test("telemetry names each call by the same id, so that it counts once", () => {
    const told = files().flatMap((file) => {
      const [, kind] = /otlp-logs\.(pb|json)$/.exec(file) ?? [];
      if (!kind) return [];
      return read("logs", kind === "json" ? { json: JSON.parse(bytesOf(file).toString()) } : bytesOf(file)).told;
    });
    const calls = told.filter(({ kind }) => kind === "tool_call");
    const ended = hooks().filter(({ kind }) => kind === "after_tool");
    expect(calls.map(({ id }) => id).toSorted()).toEqual(ended.map(({ callId }) => callRecord(callId!)).toSorted());
    expect(new Set(calls.map(({ session }) => session))).toEqual(new Set([ended[0]!.session]));
  });
});
