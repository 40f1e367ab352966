import { revalidatePerson } from "@/lib/auth/api-tokens";
import { EVENT_STREAM, type StreamMessage } from "@/lib/contracts/overview";
import { tailEvents } from "@/lib/db/queries/stream";
import { route } from "@/lib/http/route";
import { type Message, sse } from "@/lib/http/sse";

export const { GET, POST, PUT, PATCH, DELETE } = route(EVENT_STREAM, {
  GET: ({ db, query, request }) => {
    const after = lastEventId(request.headers) ?? query.after ?? null;
    return sse((ended) => messages(tailEvents(db, { after, signal: ended })), request.signal, {
      alive: async () => (await revalidatePerson(db, request.headers, Date.now())) !== null,
    });
  },
});

async function* messages(events: AsyncIterable<StreamMessage>): AsyncGenerator<Message> {
  for await (const event of events) yield { id: event.seq, event: event.type, data: event };
}

/** What the browser saw last; null if it saw nothing, or says something that is no sequence. */
function lastEventId(headers: Headers): number | null {
  const id = headers.get("last-event-id");
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null;
}
