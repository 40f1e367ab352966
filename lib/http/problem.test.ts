import { expect, test } from "vitest";
import { z } from "zod";
import { AgentEvent } from "@/lib/contracts/event";
import { IngestBody } from "@/lib/contracts/ingest";
import { Problem } from "@/lib/contracts/problem";
import { ERROR_CODES, ERRORS, SentinelError } from "@/lib/errors";
import { check, problem } from "./problem";

const fieldsOf = (schema: z.ZodType, value: unknown) => {
  try {
    check(schema, value, "body");
  } catch (error) {
    return (error as SentinelError).details.fields?.map(({ field }) => field);
  }
  return null;
};

test.each(ERROR_CODES)("%s is problem+json of its status", async (code) => {
  const answer = problem(new SentinelError(code, { detail: "why", fields: [{ field: "a[0].b", reason: "r" }] }), "id");
  expect(answer.status).toBe(ERRORS[code].status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const body = Problem.parse(await answer.json());
  expect(body).toMatchObject({
    code,
    status: ERRORS[code].status,
    detail: "why",
    errors: [{ field: "a[0].b", reason: "r" }],
  });
});

test("a bug tells nothing of itself, a ZodError from within is one", async () => {
  for (const bug of [new Error("password=hunter2"), new z.ZodError([]), "thrown text", null]) {
    const answer = problem(bug, "id");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toMatch(/hunter2|thrown/);
  }
});

test("fields are named by their path, in nested arrays and unions too", () => {
  expect(fieldsOf(AgentEvent, { agent_id: "a", latency_ms: "1" })).toEqual(["latency_ms"]);
  expect(fieldsOf(AgentEvent, { agent_id: "a", mcp_servers: ["ok", 1] })).toEqual(["mcp_servers[1]"]);
  expect(fieldsOf(AgentEvent, [])).toEqual([""]);
  expect(fieldsOf(IngestBody, { events: {} })).toEqual(["events"]);
  expect(fieldsOf(z.strictObject({}), { extra: 1 })).toEqual(["extra"]);
});

test("a hopeless value does not make a hopelessly long answer", () => {
  const many = Array.from({ length: 1_000 }, () => "x");
  expect(fieldsOf(z.array(z.number()), many)).toHaveLength(20);
});
