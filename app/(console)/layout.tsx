import { headers } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { sessionQuery } from "@/components/access/session-query";
import { FEED_LENGTH } from "@/components/live/feed-length";
import { LiveProvider } from "@/components/live/live";
import { Shell } from "@/components/shell/shell";
import { NowProvider } from "@/components/ui/now";
import { currentUser } from "@/lib/auth/people";
import { getDb } from "@/lib/db/client";
import { listNewestEvents } from "@/lib/db/queries/stream";
import { Hydrated } from "./hydrated";
import { readOverview } from "./reads";

/** Every screen of the console: for people who are signed in, live from the newest recorded event on. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const user = await currentUser(await headers());
  if (!user) redirect("/sign-in");
  const recent = await listNewestEvents(await getDb(), FEED_LENGTH);
  const now = Date.now();
  return (
    <Hydrated queries={[{ queryKey: sessionQuery.queryKey, read: async () => ({ user }) }, readOverview]}>
      <NowProvider now={now}>
        <LiveProvider now={now} recent={recent}>
          <Shell>{children}</Shell>
        </LiveProvider>
      </NowProvider>
    </Hydrated>
  );
}
