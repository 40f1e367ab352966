import type { Role } from "@/lib/core/base/vocabulary";
import type { By } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import { findUser, removeUser, setRole, type UserRow } from "@/lib/db/queries/users";
import { SentinelError } from "@/lib/errors";

/** Gives a person another role. Throws `not_found`, or `conflict` when no admin would be left. */
export async function changeRole(db: Db, id: string, role: Role, by: By, now: number): Promise<UserRow> {
  const changed = await setRole(db, id, role, by, now);
  const row = await findUser(db, id);
  if (!row) throw nobody();
  if (!changed) throw lastAdmin();
  return row;
}

/** Removes a person and ends their sessions. Throws `not_found`, or `conflict` when no admin would be left. */
export async function dismiss(db: Db, id: string, by: By, now: number): Promise<void> {
  if (await removeUser(db, id, by, now)) return;
  throw (await findUser(db, id)) ? lastAdmin() : nobody();
}

const nobody = () => new SentinelError("not_found", { detail: "User not found." });
const lastAdmin = () => new SentinelError("conflict", { detail: "This is the last admin; create another one first." });
