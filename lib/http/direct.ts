import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebStream } from "node:stream/web";
import { log } from "@/lib/log";
import type { NextHandler } from "./route";
import { wholeRequest, wholeText } from "./whole";

/** A request that is answered directly: its handler and the parameters of its path. */
export interface Direct {
  handler: NextHandler;
  params: Record<string, string>;
}

/** A body of this many bytes is read whole before it is handed on: a stream of it would cost more than all the rest. */
const WHOLE_BYTES = 64_000;

/**
 * Answers some requests of this process's servers before Next sees them, by the same handlers: what Next does for each request costs a
 * millisecond, which is most of what a hook may take. `find` gives null for what is left to Next. Once, at the start.
 */
export function answerDirectly(find: (method: string, path: string) => Direct | null): void {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own server
  const emit = Server.prototype.emit;
  Server.prototype.emit = function (this: Server, event: string | symbol, ...args: unknown[]): boolean {
    if (event === "request") {
      const [request, response] = args as [IncomingMessage, ServerResponse];
      const found = find(request.method ?? "", request.url ?? "");
      if (found) {
        void answer(found, request, response);
        return true;
      }
    }
    return Reflect.apply(emit, this, [event, ...args]) as boolean;
  };
}

async function answer({ handler, params }: Direct, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  // An abort costs an error with its stack, and most requests end well.
  outgoing.on("close", () => outgoing.writableFinished || gone.abort());
  try {
    const answered = await handler(await requestOf(incoming, gone.signal), { params: Promise.resolve(params) });
    if (answered.headers.get("content-type")?.startsWith("text/event-stream")) return await pass(answered, outgoing);
    const text = wholeText(answered);
    const body = text === undefined ? Buffer.from(await answered.arrayBuffer()) : Buffer.from(text);
    outgoing.writeHead(answered.status, {
      ...Object.fromEntries(answered.headers),
      "content-length": body.length,
      // What is still on its way of a body that was refused would be taken for the next request.
      ...(incoming.complete ? {} : { connection: "close" }),
    });
    outgoing.end(body);
  } catch (err) {
    // The sender went away, or there is a bug: a handler answers whatever is wrong by itself.
    if (!gone.signal.aborted) log().warn({ err }, "a request could not be answered");
    outgoing.destroy();
  }
}

/** A stream, piece by piece: the next one is asked for once there is room. */
async function pass({ status, headers, body }: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(status, Object.fromEntries(headers));
  outgoing.flushHeaders();
  if (body) await pipeline(Readable.fromWeb(body as WebStream), outgoing);
  else outgoing.end();
}

async function requestOf(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  const url = `http://${incoming.headers.host ?? "localhost"}${incoming.url}`;
  const small = Number(incoming.headers["content-length"] ?? Infinity) <= WHOLE_BYTES;
  if (small) return wholeRequest(url, headers, await whole(incoming), signal);
  const body = Readable.toWeb(incoming) as ReadableStream;
  return new Request(url, { method: "POST", headers, body, signal, duplex: "half" } as RequestInit);
}

async function whole(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
