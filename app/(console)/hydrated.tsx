import { dehydrate, HydrationBoundary, QueryClient, type QueryKey } from "@tanstack/react-query";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { type Db, getDb } from "@/lib/db/client";
import { env } from "@/lib/env";

/** What the reading functions of lib/db/queries ask for besides the database. */
export interface ReadContext {
  now: number;
  instanceLiveMs: number;
  ackTimeoutMs: number;
  maxClockSkewMs: number;
  directiveLeaseS: number;
}

/** One query of the screen, and how the server reads what its request would bring. Null: there is no such thing. */
export interface Prefetch {
  queryKey: QueryKey;
  read: (db: Db, context: ReadContext) => Promise<unknown>;
}

/** The screen with its data already in it, so that the first paint is the real one. The browser goes on from there. */
export async function Hydrated({ queries, children }: { queries: readonly Prefetch[]; children: ReactNode }) {
  await connection();
  const db = await getDb();
  const { INSTANCE_LIVE_MS, ACK_TIMEOUT_MS, MAX_CLOCK_SKEW_MS, DIRECTIVE_LEASE_S } = env();
  const context = {
    now: Date.now(),
    instanceLiveMs: INSTANCE_LIVE_MS,
    ackTimeoutMs: ACK_TIMEOUT_MS,
    maxClockSkewMs: MAX_CLOCK_SKEW_MS,
    directiveLeaseS: DIRECTIVE_LEASE_S,
  };
  const client = new QueryClient();
  await Promise.all(
    queries.map(async ({ queryKey, read }) => {
      const data = await read(db, context);
      if (data !== null) client.setQueryData(queryKey, data);
    }),
  );
  return <HydrationBoundary state={dehydrate(client)}>{children}</HydrationBoundary>;
}
