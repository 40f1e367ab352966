import { isClosed } from "@/lib/core/base/lifecycle";
import type { IncidentState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import type { Approval } from "@/lib/db/queries/healing";
import { decide } from "@/lib/response/decide";

/** Who does in a case what people do: approves whatever is asked, since what is proposed has to be right by itself. */
export const APPROVER = { id: "evaluation", name: "the evaluation" };

/** The person's answer to everything that is asked. */
export async function approve(db: Db, asked: readonly Pick<Approval, "id" | "digest">[], now: number): Promise<void> {
  for (const { id, digest } of asked)
    await decide(db, id, { decision: "approve", digest, evidenceOpened: true }, APPROVER, now);
}

/** Whether nothing more comes of an incident, whatever that person does. */
export const isOver = (state: IncidentState): boolean => isClosed(state) || state === "rejected";
