import { createApiToken } from "@/lib/auth/api-tokens";
import { createKey, type IngestKey, revokeKey } from "@/lib/auth/keys";
import { inviteLink, type Link, redeemLink, setupLink } from "@/lib/auth/links";
import { createSource, verifySource } from "@/lib/auth/sources";
import type { Db } from "@/lib/db/client";
import { setApiTokenRevoked } from "@/lib/db/queries/api-tokens";

const ORIGIN = "http://localhost";
const PASSWORD = "a long password of Ada's";
const DAY = 86_400_000;

const tokenOf = (link: Link | null): string => link!.url.split("token=")[1]!;

/** People of each role and one who is invited; keys, API tokens and a source of alerts, live, bound and revoked. */
export async function makePeople(db: Db, now: number) {
  const accept = async (link: Link | null, name: string, email: string) =>
    (await redeemLink(db, { token: tokenOf(link), name, email, password: PASSWORD }, new Headers(), now)).person;
  const admin = await accept(await setupLink(db, ORIGIN, now), "Ada", "ada@example.com");
  const invite = (email: string, role: "operator" | "viewer") =>
    inviteLink(db, { email, role, createdBy: admin.name }, ORIGIN, now);
  await accept(await invite("bob@example.com", "operator"), "Bob", "bob@example.com");
  await accept(await invite("eve@example.com", "viewer"), "Eve", "eve@example.com");
  const invited = await invite("dan@example.com", "viewer");

  const by = { createdBy: admin.name };
  const fleet = await createKey(db, { name: "fleet", ...by }, now);
  const bound = await createKey(db, { name: "bound", agentId: "r-6", ...by }, now);
  const logs = await createKey(
    db,
    { name: "payments", namePrefix: "pay-", scopes: ["events", "changes", "logs"], services: ["pay*"], ...by },
    now,
  );
  const revoked = await createKey(db, { name: "old", ...by }, now);
  await revokeKey(db, revoked.id, now, { id: "command line" });

  const token = (name: string, role: "viewer" | "operator", expiresAt: number | null) =>
    createApiToken(db, { name, role, expiresAt, ...by }, now);
  const [viewer, operator, ended] = [
    await token("dashboard", "viewer", null),
    await token("deploys", "operator", now + 90 * DAY),
    await token("gone", "operator", null),
  ];
  await setApiTokenRevoked(db, ended.row.id, now, { id: "command line" });
  const source = await createSource(db, { kind: "generic", ...by }, now);
  return {
    admin: { id: admin.id, name: admin.name },
    key: fleet.row satisfies IngestKey,
    source: (await verifySource(db, "generic", source.token, now))!,
    secrets: {
      password: PASSWORD,
      keys: { fleet: fleet.secret, bound: bound.secret, logs: logs.secret, revoked: revoked.secret },
      tokens: { viewer: viewer.secret, operator: operator.secret, revoked: ended.secret },
      source: source.token,
      invitation: tokenOf(invited),
    },
  };
}
