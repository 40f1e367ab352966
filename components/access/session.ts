"use client";

import { useQuery } from "@tanstack/react-query";
import type { Role } from "@/lib/core/base/vocabulary";
import { sessionQuery } from "./session-query";

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** Who is signed in, and what they may do. The server checks again; this only spares people buttons that would be refused. */
export function useSession() {
  const { data } = useQuery(sessionQuery);
  const rank = data ? RANK[data.user.role] : 0;
  return { user: data?.user ?? null, decides: rank >= RANK.operator, administers: rank >= RANK.admin };
}
