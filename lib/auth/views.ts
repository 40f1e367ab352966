import type { AlertSourceView } from "@/lib/contracts/alert-sources";
import type { KeyView } from "@/lib/contracts/keys";
import type { ApiTokenView } from "@/lib/contracts/tokens";
import type { LinkAnswer, UserView } from "@/lib/contracts/users";
import { SIGNED_SOURCES } from "@/lib/core/base/vocabulary";
import type { AlertSourceRow } from "@/lib/db/queries/alert-sources";
import type { ApiTokenRow } from "@/lib/db/queries/api-tokens";
import type { KeyRow } from "@/lib/db/queries/keys";
import type { UserRow } from "@/lib/db/queries/users";
import type { Link } from "./links";
import { personOf } from "./people";

/** A key as it is shown: never its hash. */
export const keyView = (row: KeyRow): KeyView => ({
  id: row.id,
  name: row.name,
  shown: row.shown,
  agent_id: row.agentId,
  name_prefix: row.namePrefix,
  scopes: row.scopes,
  services: row.services,
  identity: row.identity,
  content: row.content,
  created_by: row.createdBy,
  created_at: row.createdAt,
  last_used_at: row.lastUsedAt,
  revoked_at: row.revokedAt,
});

/** An API token as it is shown: never its hash. */
export const apiTokenView = (row: ApiTokenRow): ApiTokenView => ({
  id: row.id,
  name: row.name,
  shown: row.shown,
  role: row.role,
  scopes: row.scopes,
  created_by: row.createdBy,
  created_at: row.createdAt,
  expires_at: row.expiresAt,
  last_used_at: row.lastUsedAt,
  revoked_at: row.revokedAt,
});

export const userView = (row: UserRow): UserView => ({ ...personOf(row), created_at: row.createdAt.getTime() });

export const linkView = (link: Link): LinkAnswer => ({ link: link.url, expires_at: link.expiresAt });

const SIGNED: ReadonlySet<string> = new Set(SIGNED_SOURCES);

/** A source of alerts as it is shown: never its token's hash. */
export const sourceView = (row: AlertSourceRow): AlertSourceView => ({
  id: row.id,
  kind: row.kind,
  path: row.kind === "github" ? "/api/v1/changes/github" : `/api/v1/alerts/${row.kind}`,
  signed: SIGNED.has(row.kind),
  created_by: row.createdBy,
  created_at: row.createdAt,
  last_at: row.lastAt,
  received: row.received,
  refused: row.refused,
  last_refusal: row.lastRefusal,
  last_refusal_at: row.lastRefusalAt,
  revoked_at: row.revokedAt,
});
