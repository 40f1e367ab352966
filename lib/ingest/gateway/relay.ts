import type { IncomingMessage } from "node:http";
import { type Api, isJson, type Json, type Problem, type Reading } from "./api";
import { Frames, Garbled } from "./frames";
import type { Turn } from "./turn";
import { headersDown, UpstreamFailed } from "./upstream";

/** Bytes of a whole answer, and of one message of a stream, which may repeat the whole answer. */
const ANSWER_BYTES = 32_000_000;
const FRAME_BYTES = 16_000_000;
/** Bytes of an upstream's error that are passed on. */
const ERROR_BYTES = 100_000;
/** How long a stream that was cut off is read on, in ms, to learn what it cost. */
const READ_ON_MS = 20_000;

/** What the client is answered. `problem` is worded by the vendor's API. */
export interface Answer {
  status: number;
  headers: [string, string][];
  body: Problem | Buffer | AsyncGenerator<Buffer>;
}

/** Official clients try 408, 409, 429 and 5xx again unless this header says otherwise. */
const FINAL: [string, string] = ["x-should-retry", "false"];

/** A refusal that clients do not repeat, except where the fault may be over soon. */
export const refusalOf = (status: number, body: Problem): Answer => ({ status, headers: status < 500 ? [FINAL] : [], body }); // prettier-ignore

interface Relayed {
  api: Api;
  turn: Turn;
  /** What the client asked. */
  body: Json;
  response: IncomingMessage;
  /** The upstream's key, which no answer may hold. */
  key: string | undefined;
  /** Lets the upstream go on when the client is gone. */
  detach: () => void;
}

/** The upstream's answer for the client: a stream as it comes, all else once it is there. Never throws for what an upstream does. */
export async function relay(of: Relayed): Promise<Answer> {
  const { response } = of;
  const { statusCode: status = 502 } = response;
  const type = response.headers["content-type"] ?? "";
  if (status === 200 && type.startsWith("text/event-stream"))
    return { status, headers: [...headersDown(response), ["content-type", type], ["cache-control", "no-cache, no-transform"], ["x-accel-buffering", "no"]], body: stream(of) }; // prettier-ignore
  try {
    return status === 200 ? await whole(of) : await failed(of, status);
  } catch (error) {
    response.destroy();
    const { code, message } = faultOf(error);
    of.turn.end({ status, error: code, aborted: code === "upstream_aborted" });
    return refusalOf(code === "upstream_timeout" ? 504 : 502, { kind: "api_error", code, message });
  }
}

/** What went wrong with an upstream's answer. Throws what is a bug of ours. */
function faultOf(error: unknown): { code: string; message: string } {
  if (error instanceof Garbled) return { code: "upstream_garbled", message: `Sentinel's gateway: ${error.message}` };
  const kind = error instanceof UpstreamFailed ? error.kind : isReset(error) ? "broken" : null;
  if (kind === null) throw error;
  return { code: `upstream_${kind}`, message: `Sentinel's gateway: ${new UpstreamFailed(kind).message}` };
}
const isReset = (error: unknown): boolean => error instanceof Error && "code" in error;

async function bytesOf(response: IncomingMessage, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most) throw new Garbled("the upstream's answer is too long");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const jsonOf = (bytes: Buffer): Json | null => {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return isJson(value) ? value : null;
  } catch {
    return null;
  }
};

async function whole({ api, turn, response }: Relayed): Promise<Answer> {
  const bytes = await bytesOf(response, ANSWER_BYTES);
  const answer = jsonOf(bytes);
  if (!answer) throw new Garbled("the upstream's answer is not JSON");
  const { told, calls } = api.read(answer);
  const held = turn.held();
  if (held !== null) {
    turn.end({ status: 200, told, calls: calls.length });
    return refusalOf(403, { kind: "permission_error", code: "held_by_sentinel", message: held });
  }
  const refused = new Map<number, string>();
  for (const [place, call] of calls.entries()) {
    const reason = turn.refusesCall(call);
    if (reason !== null) refused.set(place, reason);
  }
  turn.end({ status: 200, told, calls: calls.length });
  const body = refused.size > 0 ? Buffer.from(JSON.stringify(api.replaced(answer, refused))) : bytes;
  return { status: 200, headers: [...headersDown(response), ["content-type", "application/json"]], body };
}

/** An upstream's own refusal. One of Sentinel's key is nothing that the client could mend, and may quote the key. */
async function failed({ turn, response, key }: Relayed, status: number): Promise<Answer> {
  if (status < 400) throw new Garbled(`the upstream answered ${status}, a redirect, which is not followed`);
  const bytes = await bytesOf(response, ERROR_BYTES);
  turn.end({ status });
  const isAboutKey = status === 401 || status === 403 || (key !== undefined && bytes.includes(key));
  if (isAboutKey || !jsonOf(bytes))
    return {
      ...refusalOf(502, {
        kind: "api_error",
        code: isAboutKey ? "upstream_refused_key" : `upstream_${status}`,
        message: isAboutKey ? "Sentinel's gateway: the upstream rejected the configured API key" : `Sentinel's gateway: the upstream answered ${status}`, // prettier-ignore
      }),
      headers: isAboutKey ? [FINAL] : headersDown(response),
    };
  return { status, headers: [...headersDown(response), ["content-type", "application/json"]], body: bytes };
}

/** Whatever of the stream may pass, message by message, as soon as it is whole; asked for more only once it was taken. */
async function* stream({ api, turn, body, response, detach }: Relayed): AsyncGenerator<Buffer> {
  const reading = api.reading(body);
  const seen = { firstAt: null as number | null, calls: 0 };
  const pieces = messages(response, reading);
  let readsOn = false;
  const end = (how: { error?: string; aborted?: boolean } = {}) =>
    turn.end({ status: 200, told: reading.told, ...seen, ...how });
  try {
    for (;;) {
      const next = await pieces.next();
      if (next.done) break;
      let cut: string | null = turn.held();
      const passed: Buffer[] = [];
      for (const { raw, heard } of next.value) {
        if (heard.output) seen.firstAt ??= Date.now();
        seen.calls += heard.ended?.length ?? 0;
        for (const tool of heard.begun ?? []) cut ??= turn.refusesTool(tool);
        for (const call of heard.ended ?? []) cut ??= turn.refusesCall(call);
        if (cut !== null) break;
        if (!heard.drop) passed.push(raw);
      }
      if (passed.length > 0) yield passed.length === 1 ? passed[0]! : Buffer.concat(passed);
      if (cut === null) continue;
      readsOn = true;
      detach();
      void readOn(response, pieces).then(() => end());
      yield Buffer.from(reading.errorFrame({ kind: "permission_error", code: "held_by_sentinel", message: cut }));
      return;
    }
    end();
  } catch (error) {
    const { code, message } = faultOf(error);
    end({ error: code, aborted: code === "upstream_aborted" });
    yield Buffer.from(reading.errorFrame({ kind: "api_error", code, message }));
  } finally {
    // Where the client went away in the middle.
    if (!readsOn) {
      response.destroy();
      end({ aborted: true });
    }
  }
}

interface Message {
  raw: Buffer;
  heard: ReturnType<Reading["take"]>;
}

/** The messages of each piece that comes; those before what cannot be read are still given. Throws where a stream ends early. */
async function* messages(response: IncomingMessage, reading: Reading): AsyncGenerator<Message[]> {
  const frames = new Frames(FRAME_BYTES);
  for await (const piece of response as AsyncIterable<Buffer>) {
    const whole: Message[] = [];
    let fault: unknown = null;
    try {
      for (const { raw, data } of frames.push(piece))
        whole.push({ raw, heard: data === null ? {} : reading.take(data) });
    } catch (error) {
      fault = error;
    }
    if (whole.length > 0) yield whole;
    // oxlint-disable-next-line typescript/only-throw-error -- as it was thrown
    if (fault !== null) throw fault;
  }
  if (frames.isOpen || !(reading.done || reading.told.error)) throw new UpstreamFailed("broken");
}

/** Reads the rest of a stream for what it says of its use, and passes nothing on. */
async function readOn(response: IncomingMessage, pieces: AsyncGenerator<Message[]>): Promise<void> {
  const timer = setTimeout(() => response.destroy(), READ_ON_MS);
  try {
    while (!(await pieces.next()).done);
  } catch {
    // It is over either way.
  } finally {
    clearTimeout(timer);
  }
}
