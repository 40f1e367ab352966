import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, expect, it } from "vitest";
import type { Notification } from "@/lib/core/notify/notification";
import { mail } from "./email";
import { createMailer } from "./smtp";

const AT = Date.UTC(2026, 10, 20, 21, 30);
const PAGE: Notification = {
  id: "ntf_1",
  purpose: "page",
  thread: "inc_1",
  title: "checkout: errors\r\nBcc: everybody@example.org",
  text: "Approval requested: roll back checkout\n.\nQUIT\nÄrger",
  severity: 8,
  subjects: ["checkout"],
  link: "https://sentinel.example/incidents/inc_1",
  at: AT,
  startedAt: AT,
};

let server: SMTPServer | null = null;
afterEach(() => new Promise<void>((done) => (server ? server.close(() => done()) : done())));

/** A mail server; gives its address, and what it took. */
async function listen(options: SMTPServerOptions = {}) {
  const taken: { to: string[]; text: string }[] = [];
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, session, done) => {
      let text = "";
      stream.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      stream.on("end", () => {
        taken.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
        done();
      });
    },
    ...options,
  });
  const listening = server.listen(0, "127.0.0.1");
  await new Promise<void>((done) => listening.once("listening", () => done()));
  return { url: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`, taken };
}

it("sends plain text under one Message-ID; nothing in it becomes a header or a command", async () => {
  const { url, taken } = await listen();
  const send = createMailer(url, "Sentinel <sentinel@example.org>");
  expect(await send(mail(PAGE), ["ada@example.org", "bo@example.org"])).toEqual({ kind: "sent" });
  const [{ to, text }] = taken as [(typeof taken)[0]];
  expect(to).toEqual(["ada@example.org", "bo@example.org"]);
  const [head = "", ...body] = text.split("\r\n\r\n");
  expect(head).toMatch(/^Message-ID: <ntf_1@sentinel>\r?$/im);
  expect(head).toMatch(/^References: <inc_1@sentinel>\r?$/im);
  expect(head).not.toMatch(/^Bcc:/im);
  expect(head).toMatch(/^From: Sentinel <sentinel@example\.org>\r?$/im);
  expect(head).not.toMatch(/text\/html/);
  // Quoted-printable breaks long lines.
  expect(body.join("\n").replaceAll("=\r\n", "")).toContain("https://sentinel.example/incidents/inc_1");
});

it.each([
  ["a refused recipient is final", 550, "refused"],
  ["a full mailbox is not", 452, "retry"],
] as const)("%s", async (_name, responseCode, kind) => {
  const { url } = await listen({ onRcptTo: (_to, _session, done) => done(Object.assign(new Error("no"), { responseCode })) }); // prettier-ignore
  expect(await createMailer(url, "a@b.org")(mail(PAGE), ["ada@example.org"])).toMatchObject({ kind });
});

it("wrong credentials may be mended, and are told without the password", async () => {
  const { url } = await listen({ authOptional: false, onAuth: (_auth, _session, done) => done(new Error("no")) });
  const address = url.replace("smtp://", "smtp://user:hunter2@");
  const sent = await createMailer(address, "a@b.org")(mail(PAGE), ["ada@example.org"]);
  expect(sent).toMatchObject({ kind: "retry", reason: expect.stringContaining("mail server") });
  expect(JSON.stringify(sent)).not.toContain("hunter2");
});

it("a server that is not there is asked again", async () => {
  const { url } = await listen();
  await new Promise<void>((done) => server!.close(() => done()));
  server = null;
  expect(await createMailer(url, "a@b.org")(mail(PAGE), ["ada@example.org"])).toMatchObject({ kind: "retry" });
});
