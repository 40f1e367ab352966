import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createSource, type Sender } from "@/lib/auth/sources";
import { type Access, resource, type Signature } from "@/lib/contracts/endpoint";
import type { AlertSourceKind } from "@/lib/core/base/vocabulary";
import { getDb } from "@/lib/db/client";
import { openServerDb } from "@/lib/db/queries/test-world";
import { listAlertSources, setSourceRevoked } from "@/lib/db/queries/alert-sources";
import { githubSignature } from "@/lib/ingest/sources/github/auth";
import { pagerDutySignature } from "@/lib/ingest/sources/pagerduty/auth";
import { route } from "./route";

const SECRETS = { pagerduty: "old-secret, new-secret", github: "github-secret-of-this-test" };
let close: () => Promise<void>;
beforeAll(async () => {
  process.env.PAGERDUTY_WEBHOOK_SECRET = SECRETS.pagerduty;
  process.env.GITHUB_WEBHOOK_SECRET = SECRETS.github;
  ({ close } = await openServerDb());
});
afterAll(async () => {
  await close();
});

const SIGNATURES: Partial<Record<AlertSourceKind, Signature>> = {
  github: githubSignature,
  pagerduty: pagerDutySignature,
};

/** Answers with who sent, and notes whether the handler was reached. */
const endpoint = (auth: Access | readonly Access[], sender: AlertSourceKind) => {
  const reached = vi.fn<(sender: Sender | null) => void>();
  const body = z.object({ n: z.number() });
  const handlers = route(
    resource("/x", {
      POST: { auth, sender, signature: SIGNATURES[sender], summary: "s", body, maxBytes: 100, response: z.unknown() },
    }),
    {
      POST: ({ sender: who, body: said }) => {
        reached(who);
        return { who, said };
      },
    },
  );
  const post = (text: string, headers: Record<string, string> = {}) =>
    handlers.POST(
      new Request("http://sentinel.test/x", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: text,
      }),
      { params: Promise.resolve({}) },
    );
  return { reached, post };
};
const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");

describe("a source by its token", () => {
  test("in any of three headers, of its own kind only, until it is revoked", async () => {
    const db = await getDb();
    const { token, row } = await createSource(db, { kind: "alertmanager", createdBy: "t" }, 1);
    expect(JSON.stringify(await listAlertSources(db))).not.toContain(token);
    const own = endpoint("alertSource", "alertmanager");
    const ways = [
      { authorization: `Bearer ${token}` },
      { authorization: `Basic ${Buffer.from(`any:${token}`).toString("base64")}` },
      { "x-sentinel-token": token },
    ];
    for (const headers of ways) expect((await own.post('{"n":1}', headers as never)).status).toBe(200);
    expect(own.reached).toHaveBeenCalledWith({ id: row.id, kind: "alertmanager" });
    await expect.poll(async () => (await listAlertSources(db))[0]).toMatchObject({ received: 3 });

    const other = endpoint("alertSource", "grafana");
    for (const headers of ways) expect((await other.post('{"n":1}', headers as never)).status).toBe(401);
    expect((await own.post('{"n":1}')).status).toBe(401);
    expect((await own.post("{", { "x-sentinel-token": "wrong" })).status).toBe(401);
    await setSourceRevoked(db, row.id, 2, { id: "ada" });
    for (const headers of ways) expect((await own.post('{"n":1}', headers as never)).status).toBe(401);
    expect(own.reached).toHaveBeenCalledTimes(3);
    expect(other.reached).not.toHaveBeenCalled();
  });
});

describe("a sender by its signature", () => {
  const text = '{ "n": 1 }';
  const header = { github: "x-hub-signature-256", pagerduty: "x-pagerduty-signature" };
  const good = {
    github: `sha256=${hmac(SECRETS.github, text)}`,
    pagerduty: `v1=${hmac("wrong", text)},v1=${hmac("new-secret", text)}`,
  };
  test.each(["github", "pagerduty"] as const)("%s", async (kind) => {
    const { reached, post } = endpoint("signature", kind);
    const answer = await post(text, { [header[kind]]: good[kind] });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ who: { id: kind, kind }, said: { n: 1 } });
    // The same value in other bytes was not signed; what was not signed is not even parsed.
    for (const [body, signature] of [
      ['{"n":1}', good[kind]],
      [text, good[kind].replace(/.$/, (last) => (last === "0" ? "1" : "0"))],
      ["{", good[kind]],
      [text, ""],
    ] as const)
      expect((await post(body, { [header[kind]]: signature })).status).toBe(401);
    expect((await post(text)).status).toBe(401);
    expect((await post(`${text}${" ".repeat(100)}`, { [header[kind]]: good[kind] })).status).toBe(413);
    expect(reached).toHaveBeenCalledTimes(1);
  });
  test("stands alone: mixed with another way in, it opens nothing", async () => {
    const { reached, post } = endpoint(["signature", "viewer"], "github");
    expect((await post(text, { "x-hub-signature-256": good.github })).status).toBe(401);
    expect((await post(text)).status).toBe(401);
    expect(reached).not.toHaveBeenCalled();
  });
});
