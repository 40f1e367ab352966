import { sessionSecret } from "@/lib/auth/people";
import type { Db } from "@/lib/db/client";
import { getDb } from "@/lib/db/client";
import { findAuditHead } from "@/lib/db/queries/audit";
import { findOldestSweep } from "@/lib/db/queries/sweep";
import { SHARDS } from "@/lib/db/shards";
import { env } from "@/lib/env";
import { exchange } from "@/lib/exchange";
import { log } from "@/lib/log";
import { createMailer, type Mailer } from "@/lib/notify/smtp";
import { openSetup } from "@/lib/response/notify/channels";
import { deliverNotifications } from "@/lib/response/notify/deliver";
import { planNotifications } from "@/lib/response/notify/plan";
import { tellPorts } from "@/lib/response/notify/tell";
import { Loop } from "./loop";

/** Rest between two turns, in ms: a page leaves within this of what it tells. */
export const NOTIFY_TURN_MS = 1_000;
/** The dead man's switch is called this often, in ms; services of that kind count in minutes. */
const HEARTBEAT_MS = 60_000;
const HEARTBEAT_TIMEOUT_MS = 10_000;
/** The audit log's head is logged this often, in ms: rows younger than the last logged head can be rewritten unseen by it. */
const AUDIT_HEAD_MS = 10 * 60_000;

interface State {
  loop: Loop<void>;
  mailer: Mailer | null;
  /** Opens channels' settings; read once. */
  secret: string | null;
  beatAt: number;
  announcedAt: number;
}

/** One Next process holds several copies of this module: they share one. */
const state = (): State => {
  const global = globalThis as unknown as Record<symbol, State>;
  return (global[Symbol.for("sentinel.notify-loop")] ??= {
    loop: new Loop({ name: "a turn of notifications", turn }),
    mailer: null,
    secret: null,
    beatAt: 0,
    announcedAt: 0,
  });
};

/** The turns of this process over what people are to be told. Several processes may take them at once. */
export const notifyLoop = (): Loop<void> => state().loop;

async function turn(): Promise<void> {
  const s = state();
  const db = await getDb();
  const { SENTINEL_URL, SLACK_URL, SMTP_URL, SMTP_FROM } = env();
  const origin = SENTINEL_URL ?? null;
  if (SMTP_URL !== undefined) s.mailer ??= createMailer(SMTP_URL, SMTP_FROM);
  const { mailer } = s;
  const secret = (s.secret ??= await sessionSecret(db));
  const more = await planNotifications(db, Date.now(), origin);
  const clock = { now: Date.now, random: Math.random };
  const sent = await deliverNotifications(db, {
    ...clock,
    ...tellPorts(db, { ...clock, mailer, slack: SLACK_URL, origin }),
    open: (sealed) => openSetup(sealed, secret),
  });
  // A backlog goes on at once; the next few events wait for the next second.
  if (more || sent > 0) s.loop.soon();
  await announceHead(s, db);
  await beat(s, db);
}

/** The audit log's head goes to where whoever changes the database cannot reach: this process's log, and the dead man's switch. */
async function announceHead(s: State, db: Db): Promise<void> {
  const now = Date.now();
  if (now - s.announcedAt < AUDIT_HEAD_MS) return;
  const head = await findAuditHead(db);
  // An empty log has none yet: its first entry is not left without one for long.
  if (head.seq === 0) return;
  s.announcedAt = now;
  log().info({ audit_head: head }, "audit log head");
}

/** Says to a dead man's switch that Sentinel works: only while every shard was swept a short while ago. */
async function beat(s: State, db: Db): Promise<void> {
  const { HEARTBEAT_URL, SWEEP_STALE_MS } = env();
  const now = Date.now();
  if (HEARTBEAT_URL === undefined || now - s.beatAt < HEARTBEAT_MS) return;
  const { shards, oldest } = await findOldestSweep(db);
  if (shards !== SHARDS || oldest === null || now - oldest > SWEEP_STALE_MS) return;
  s.beatAt = now;
  const answer = await exchange(HEARTBEAT_URL, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ audit_head: await findAuditHead(db) }),
    signal: AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS),
  });
  if (answer.kind === "no_answer" || answer.status >= 400)
    log().warn({ answer: answer.kind === "answered" ? answer.status : answer.reason }, "the heartbeat was not taken");
}
