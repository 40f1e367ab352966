import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { type KeyScope, LINK_KINDS, ROLES, TOKEN_ROLES, type TokenScope } from "@/lib/core/base/vocabulary";

const time = () => integer({ mode: "timestamp_ms" });

/* People. The first four tables and their fields are better-auth's; `role` is ours. */

export const users = sqliteTable("users", {
  id: text().primaryKey(),
  name: text().notNull(),
  email: text().notNull().unique(),
  emailVerified: integer({ mode: "boolean" }).notNull().default(false),
  image: text(),
  role: text({ enum: ROLES }).notNull().default("viewer"),
  createdAt: time().notNull(),
  updatedAt: time().notNull(),
});

export const sessions = sqliteTable(
  "sessions",
  {
    id: text().primaryKey(),
    token: text().notNull().unique(),
    userId: text()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    expiresAt: time().notNull(),
    ipAddress: text(),
    userAgent: text(),
    createdAt: time().notNull(),
    updatedAt: time().notNull(),
  },
  (t) => [index("sessions_user").on(t.userId)],
);

export const accounts = sqliteTable(
  "accounts",
  {
    id: text().primaryKey(),
    accountId: text().notNull(),
    providerId: text().notNull(),
    userId: text()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    accessToken: text(),
    refreshToken: text(),
    idToken: text(),
    accessTokenExpiresAt: time(),
    refreshTokenExpiresAt: time(),
    scope: text(),
    password: text(),
    createdAt: time().notNull(),
    updatedAt: time().notNull(),
  },
  (t) => [index("accounts_user").on(t.userId)],
);

export const verifications = sqliteTable(
  "verifications",
  {
    id: text().primaryKey(),
    identifier: text().notNull(),
    value: text().notNull(),
    expiresAt: time().notNull(),
    createdAt: time().notNull(),
    updatedAt: time().notNull(),
  },
  (t) => [index("verifications_identifier").on(t.identifier)],
);

/** One-time links. Only the hash of the token is kept; `usedAt` is set by whoever comes first. Times are epoch ms. */
export const links = sqliteTable("links", {
  tokenHash: text().primaryKey(),
  kind: text({ enum: LINK_KINDS }).notNull(),
  /** Whom a sign-in link signs in. */
  userId: text().references(() => users.id, { onDelete: "cascade" }),
  /** Whom an invitation is for. */
  email: text(),
  role: text({ enum: ROLES }),
  createdBy: text().notNull(),
  createdAt: integer().notNull(),
  expiresAt: integer().notNull(),
  usedAt: integer(),
});

/** Secrets that Sentinel made for itself (the one that signs cookies), so that every process of it has the same. */
export const secrets = sqliteTable("secrets", {
  name: text().primaryKey(),
  value: text().notNull(),
  createdAt: integer().notNull(),
});

/* Agents. */

/** Keys that agents report with. Only a hash is kept; `shown` is the beginning, to tell keys apart. Times are epoch ms. */
export const ingestKeys = sqliteTable("ingest_keys", {
  id: text().primaryKey(),
  hash: text().notNull().unique(),
  shown: text().notNull(),
  name: text().notNull(),
  /** Set: the key speaks for this agent only. */
  agentId: text(),
  /** Set: the key speaks for agents whose id begins with it. */
  namePrefix: text(),
  scopes: text({ mode: "json" }).$type<KeyScope[]>().notNull().default(["events", "changes"]),
  /** Services it may send logs and changes of: names, or beginnings of names that end in `*`. Empty: none. */
  services: text({ mode: "json" }).$type<string[]>().notNull().default([]),
  /** The template of its agents' ids over OpenTelemetry (`lib/core/agents/identity-template.ts`); null: program, person or host, repository. */
  identity: text(),
  /** Whether prompts, tool arguments and outputs that it sends are kept. */
  content: integer({ mode: "boolean" }).notNull().default(false),
  createdBy: text().notNull(),
  createdAt: integer().notNull(),
  lastUsedAt: integer(),
  revokedAt: integer(),
});

/** Tokens that scripts, dashboards and CI read and act with. Only a hash is kept; `shown` is the beginning. Times are epoch ms. */
export const apiTokens = sqliteTable("api_tokens", {
  id: text().primaryKey(),
  hash: text().notNull().unique(),
  shown: text().notNull(),
  name: text().notNull(),
  role: text({ enum: TOKEN_ROLES }).notNull(),
  scopes: text({ mode: "json" }).$type<TokenScope[]>().notNull().default([]),
  createdBy: text().notNull(),
  createdAt: integer().notNull(),
  /** Null: it does not expire. */
  expiresAt: integer(),
  lastUsedAt: integer(),
  revokedAt: integer(),
});
