import { randomUUID } from "node:crypto";
import { createApiToken } from "@/lib/auth/api-tokens";
import { createKey } from "@/lib/auth/keys";
import { signInLink } from "@/lib/auth/links";
import { hashToken, newToken } from "@/lib/auth/token";
import type { Risk } from "@/lib/core/base/vocabulary";
import { type Db, openDb, write } from "@/lib/db/client";
import { migrateDb } from "@/lib/db/migrate";
import { loadSettings, saveSettings } from "@/lib/db/queries/settings";
import { newUser } from "@/lib/db/queries/users";
import { agentTypes, alertSources } from "@/lib/db/schema";

const BY = "demo";
/** What it decided is recorded under this name. */
const OPERATOR = "Demo operator (unattended)";
/** Whose deploys the demo announces. */
const DEMO_SERVICE = "target";
const TYPES = ["Research", "Data", "Analytics", "Coordinator"];
/** The demo heals even what is hard to undo by itself, below the severity from which it asks. */
const ALLOWS: Risk[] = ["none", "reversible", "hard_to_undo"];
/**
 * Of fifteen agents a twentieth is less than one. The demo breaks several in a few minutes, some of which wait for a
 * person, so its limits are wide; production keeps the defaults.
 */
const LIMITS = { fleet_share: 0.5, type_share: 0.75, per_hour: 100 };
/** A demo is a few ten thousand samples, not the years that the default is made for: it may be quicker to act. */
const ARL = 100_000;

export interface World {
  key: string;
  /** With which the demo's Alertmanager proves itself. */
  alertToken: string;
  /** Makes the API token of whoever answers when nobody does. */
  operator: () => Promise<string>;
  /** A fresh one-time link that signs the demo's admin in. */
  link: (origin: string) => Promise<string>;
  close: () => void;
}

/** Fills a new database with what the demo needs: an admin, a key, types that act, and wide limits. */
export async function makeWorld(url: string): Promise<World> {
  const db = await openDb({ url });
  await migrateDb(db);
  const now = Date.now();
  const { secret } = await createKey(db, { name: "demo fleet", services: [DEMO_SERVICE], createdBy: BY }, now);
  const alertToken = newToken("sna");
  const person = randomUUID();
  await write(db, [
    ...newUser(db, { id: person, name: "Demo", email: "demo@sentinel.invalid", role: "admin" }, now),
    ...TYPES.map((type) => db.insert(agentTypes).values({ type, mode: "act", allows: ALLOWS, createdAt: now })),
    db.insert(alertSources).values({ id: randomUUID(), kind: "alertmanager", tokenHash: hashToken(alertToken), createdAt: now, createdBy: BY }), // prettier-ignore
    await wideLimits(db, now),
  ]);
  return {
    key: secret,
    alertToken,
    operator: async () => {
      const made = await createApiToken(
        db,
        { name: OPERATOR, role: "operator", expiresAt: null, createdBy: BY },
        Date.now(),
      );
      return made.secret;
    },
    link: async (origin) => (await signInLink(db, person, BY, origin, Date.now())).url,
    close: () => db.$client.close(),
  };
}

async function wideLimits(db: Db, now: number) {
  const settings = await loadSettings(db);
  return saveSettings({ ...settings, arl: ARL, limits: { ...settings.limits, ...LIMITS } }, null, now, BY);
}
