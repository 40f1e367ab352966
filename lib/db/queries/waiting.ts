import { count, eq, notInArray } from "drizzle-orm";
import type { Db } from "../client";
import { approvals, incidents } from "../schema";

/** How many incidents are not closed, and how many proposals wait for a human. */
export async function countWaiting(db: Db): Promise<{ incidents: number; approvals: number }> {
  const [open] = await db
    .select({ n: count() })
    .from(incidents)
    .where(notInArray(incidents.state, ["resolved", "dismissed"]));
  const [pending] = await db.select({ n: count() }).from(approvals).where(eq(approvals.state, "pending"));
  return { incidents: open?.n ?? 0, approvals: pending?.n ?? 0 };
}
