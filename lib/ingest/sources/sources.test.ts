import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SIGNED_SOURCES, TOKEN_SOURCES } from "@/lib/core/base/vocabulary";
import { VARIABLES } from "@/lib/env";
import { GUIDED, guideOf, sourceName } from "./guides";
import { CHANGES_GITHUB } from "./github/index";
import { parseGithub } from "./github/parse";
import { ALERT_SENDERS } from "./index";

/* Each folder is a sender: its sample is what it really sends, and gives the alerts that stand beside it. */

/** When the samples arrive. */
const NOW = Date.parse("2026-11-21T01:05:00Z");
const fileOf = (kind: string, name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, kind, name), "utf8"));

const FOLDERS = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test("every folder is a sender with a guide", () => {
  expect(FOLDERS.toSorted()).toEqual([...TOKEN_SOURCES, ...SIGNED_SOURCES].toSorted());
  expect(GUIDED.toSorted()).toEqual(FOLDERS.toSorted());
  expect([...Object.keys(ALERT_SENDERS), "github"].toSorted()).toEqual(FOLDERS.toSorted());
});

describe.each(Object.entries(ALERT_SENDERS))("%s", (kind, { resource, parse }) => {
  const { POST } = resource.endpoints;
  const sample = fileOf(kind, "sample.json");

  test("its sample gives the alerts beside it", () => {
    const { alerts, ...rest } = parse(POST.body.parse(sample), NOW);
    expect(rest).toEqual({ rejected: [], rejectedAlerts: 0, notices: [], truncated: 0, ignored: null });
    expect(alerts).toEqual(fileOf(kind, "sample.alerts.json"));
  });

  test("the API's document describes its sample", () => {
    expect((POST.bodyDoc ?? POST.body).safeParse(sample).error).toBeUndefined();
  });

  test("sends to its own path, as itself", () => {
    expect(resource.path).toBe(`/api/v1/alerts/${kind}`);
    expect(POST.sender).toBe(kind);
  });
});

test("the sample of github, a deployment, gives the changes beside it", () => {
  const sample = CHANGES_GITHUB.endpoints.POST.body.parse(fileOf("github", "sample.json"));
  const changes = fileOf("github", "sample.changes.json");
  expect(parseGithub("deployment_status", sample, [], NOW)).toEqual({ kind: "changes", changes });
});

describe.each(GUIDED)("the guide of %s", (kind) => {
  const origin = "https://sentinel.example";
  const { path, endpoints } = kind === "github" ? CHANGES_GITHUB : ALERT_SENDERS[kind].resource;
  const said = (token?: string): string => {
    const { steps, text } = guideOf(kind, origin, token);
    return [...steps, text].join("\n");
  };

  test("names the address that its API has", () => expect(said()).toContain(`${origin}${path}`));

  test("says how it authenticates", () => {
    const { signature, auth } = endpoints.POST;
    expect(auth).toBe((SIGNED_SOURCES as readonly string[]).includes(kind) ? "signature" : "alertSource");
    if (signature === undefined) {
      expect(said("snt_src_a")).toContain("snt_src_a");
      expect(said()).toContain("$SENTINEL_SOURCE_TOKEN");
    } else {
      expect(said()).toContain(`${signature.secret}=`);
      expect(VARIABLES).toHaveProperty(signature.secret);
    }
  });

  test("has a name for people", () => expect(sourceName(kind)).toMatch(/^[A-Z]/));
});
