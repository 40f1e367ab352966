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
  let gone = false;
  let controller: AbortController | null = null;
  // Made for whoever asks for it: it costs more than a hook's decision. An abort costs an error with its stack, and most requests end well.
  const signal = (): AbortSignal => {
    controller ??= new AbortController();
    if (gone) controller.abort();
    return controller.signal;
  };
  outgoing.on("close", () => {
    gone = !outgoing.writableFinished;
    if (gone) controller?.abort();
  });
  try {
    const answered = await handler(await requestOf(incoming, signal), { params: Promise.resolve(params) });
    if (answered.headers.get("content-type")?.startsWith("text/event-stream")) return await pass(answered, outgoing);
    // A text leaves together with its headers, bytes would leave behind them.
    const body = wholeText(answered) ?? Buffer.from(await answered.arrayBuffer());
    outgoing.writeHead(answered.status, {
      ...Object.fromEntries(answered.headers),
      "content-length": Buffer.byteLength(body),
      // What is still on its way of a body that was refused would be taken for the next request.
      ...(incoming.complete ? {} : { connection: "close" }),
    });
    outgoing.end(body);
  } catch (err) {
    // The sender went away, or there is a bug: a handler answers whatever is wrong by itself.
    if (!gone) log().warn({ err }, "a request could not be answered");
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

async function requestOf(incoming: IncomingMessage, signal: () => AbortSignal): Promise<Request> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  const url = `http://${incoming.headers.host ?? "localhost"}${incoming.url}`;
  const small = Number(incoming.headers["content-length"] ?? Infinity) <= WHOLE_BYTES;
  if (small) return wholeRequest(url, headers, await whole(incoming), signal);
  const body = Readable.toWeb(incoming) as ReadableStream;
  return new Request(url, { method: "POST", headers, body, signal: signal(), duplex: "half" } as RequestInit);
}

/** By its events: an iterator over a stream costs as much again as the reading. Rejects when the sender goes away. */
const whole = (incoming: IncomingMessage): Promise<Buffer> =>
  new Promise((done, fail) => {
    const parts: Buffer[] = [];
    incoming
      .on("data", (part: Buffer) => parts.push(part))
      .once("end", () => done(parts.length === 1 ? parts[0]! : Buffer.concat(parts)))
      .once("error", fail)
      .once("close", () => fail(new Error("the sender went away before its request was complete")));
  });
