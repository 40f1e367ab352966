import type { Role } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { findUser, removeUser, setRole, type UserRow } from "@/lib/db/queries/users";
import { SentinelError } from "@/lib/errors";

/** Gives a person another role. Throws `not_found`, or `conflict` when no admin would be left. */
export async function changeRole(db: Db, id: string, role: Role, now: number): Promise<UserRow> {
  const changed = await setRole(db, id, role, now);
  const row = await findUser(db, id);
  if (!row) throw nobody();
  if (!changed) throw lastAdmin();
  return row;
}

/** Removes a person and ends their sessions. Throws `not_found`, or `conflict` when no admin would be left. */
export async function dismiss(db: Db, id: string): Promise<void> {
  if (await removeUser(db, id)) return;
  throw (await findUser(db, id)) ? lastAdmin() : nobody();
}

const nobody = () => new SentinelError("not_found", { detail: "User not found." });
const lastAdmin = () => new SentinelError("conflict", { detail: "This is the last admin; create another one first." });
