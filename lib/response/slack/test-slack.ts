import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A bot token and a signing secret as Slack makes them; neither is anybody's. */
export const BOT_TOKEN = "xoxb-0000000000-tests-only";
export const SIGNING_SECRET = "0123456789abcdef0123456789abcdef";
export const TEAM = "T0TESTS";
export const CONVERSATION = "C0TESTS";

interface Block {
  type: string;
  text?: { type: string; text: string };
  elements?: Element[];
}
export interface Element {
  type: string;
  text?: { type: string; text: string } | string;
  action_id?: string;
  value?: string;
  url?: string;
  confirm?: { title: Text; text: Text; confirm: Text; deny: Text };
}
interface Text {
  type: string;
  text: string;
}
interface Body {
  channel: string;
  text: string;
  blocks: Block[];
  thread_ts?: string;
  reply_broadcast?: boolean;
  ts?: string;
}

/** A message that stands in Slack, with all that it ever showed. */
export interface Standing {
  ts: string;
  channel: string;
  thread: string | null;
  broadcast: boolean;
  versions: Body[];
}

type Method = "auth.test" | "chat.postMessage" | "chat.update";

/** What Slack would refuse of a message (docs.slack.dev, Block Kit), or null. */
function wrongIn({ text, blocks }: Body): string | null {
  if (text === "" || blocks.length > 50) return "invalid_arguments";
  const short = (one: Text | undefined, max: number) => one !== undefined && one.type === "plain_text" && one.text.length >= 1 && one.text.length <= max; // prettier-ignore
  for (const { type, text: own, elements = [] } of blocks) {
    if (type === "header" && !short(own, 150)) return "invalid_blocks";
    if (type === "section" && !short(own, 3_000)) return "invalid_blocks";
    if ((type === "context" || type === "actions") && (elements.length === 0 || elements.length > 25)) return "invalid_blocks"; // prettier-ignore
    const ids = elements.flatMap(({ action_id }) => action_id ?? []);
    if (new Set(ids).size < ids.length) return "invalid_blocks";
    for (const { type: kind, text: label, value = "", confirm } of elements) {
      if (kind !== "button") continue;
      if (!short(label as Text, 75) || value.length > 2_000) return "invalid_blocks";
      if (confirm && !(short(confirm.title, 100) && short(confirm.text, 300) && short(confirm.confirm, 30) && short(confirm.deny, 30))) return "invalid_blocks"; // prettier-ignore
    }
  }
  return null;
}

/** Slack's Web API and its address for answers, on loopback, as far as Sentinel calls them. */
export class FakeSlack {
  readonly messages: Standing[] = [];
  /** Words to people who clicked, in order, with where they were sent. */
  readonly whispers: { path: string; text: string; links: string[] }[] = [];
  readonly calls: Method[] = [];
  /** Nobody gets an answer but 503. */
  down = false;
  /** Messages, by their ts, whose edits are answered 503. */
  readonly broken = new Set<string>();
  /** What the next calls of a method are answered, instead of being carried out. */
  readonly next: Partial<Record<Method, { status: number; headers?: Record<string, string>; body: object }[]>> = {};
  /** Answers to clicks wait for it. */
  hold: Promise<void> = Promise.resolve();
  #clock = 1_700_000_000;
  readonly #server: Server = createServer((request, response) => void this.#take(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return this.url;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((done) => this.#server.close(() => done()));
  }

  /** Messages that are no replies. */
  get roots(): Standing[] {
    return this.messages.filter(({ thread }) => thread === null);
  }
  repliesTo = ({ ts }: Standing): Standing[] => this.messages.filter(({ thread }) => thread === ts);

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const path = request.url ?? "";
    const end = (status: number, body: object, headers: Record<string, string> = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    if (!path.startsWith("/api/")) {
      await this.hold;
      const said = JSON.parse(text) as Body;
      const links = said.blocks.flatMap(({ elements = [] }) => elements.flatMap(({ url }) => url ?? []));
      this.whispers.push({ path, text: said.text, links });
      return void end(200, { ok: true });
    }
    const method = path.slice("/api/".length) as Method;
    this.calls.push(method);
    if (this.down) return void end(503, {});
    const told = this.next[method]?.shift();
    if (told) return void end(told.status, told.body, told.headers);
    if (request.headers.authorization !== `Bearer ${BOT_TOKEN}`) return void end(200, { ok: false, error: "invalid_auth" }); // prettier-ignore
    const body = JSON.parse(text) as Body;
    if (method === "chat.update" && this.broken.has(body.ts!)) return void end(503, {});
    end(200, this.#answer(method, body));
  }

  #answer(method: Method, body: Body): object {
    if (method === "auth.test") return { ok: true, team_id: TEAM, user_id: "U0BOT" };
    const wrong = wrongIn(body);
    if (wrong !== null) return { ok: false, error: wrong };
    if (method === "chat.update") {
      const found = this.messages.find(({ ts, channel }) => ts === body.ts && channel === body.channel);
      if (!found) return { ok: false, error: "message_not_found" };
      found.versions.push(body);
      return { ok: true, channel: body.channel, ts: body.ts };
    }
    const ts = `${this.#clock++}.000100`;
    this.messages.push({ ts, channel: body.channel, thread: body.thread_ts ?? null, broadcast: body.reply_broadcast ?? false, versions: [body] }); // prettier-ignore
    return { ok: true, channel: body.channel, ts };
  }
}

export const latest = ({ versions }: Standing): Body => versions.at(-1)!;
export const buttonsOf = (message: Standing): Element[] =>
  latest(message).blocks.flatMap(({ type, elements = [] }) => (type === "actions" ? elements : []));
/** `Approve, Reject, Acknowledge`. */
export const labelsOf = (message: Standing): string =>
  buttonsOf(message).map(({ text }) => (text as Text).text).join(", "); // prettier-ignore
/** Everything that a message shows, as one text. */
export const textOf = (message: Standing): string =>
  latest(message)
    .blocks.flatMap(({ text, elements = [] }) => [
      text,
      ...elements.map((one) => (one.type === "plain_text" ? (one as Text) : one.text)),
    ]) // prettier-ignore
    .map((one) => (typeof one === "object" ? one.text : (one ?? "")))
    .join("\n");
