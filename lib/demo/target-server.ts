import { randomBytes, timingSafeEqual } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { createTargetFaults, TARGET_FAULT_KINDS, TARGET_TOKEN_HEADER } from "./target-faults";
import type { Commanded, TargetSupervisor } from "./target-supervisor";

const MAX_BODY = 10_000;
const Deploy = z.strictObject({
  version: z.string().regex(/^\d+\.\d+\.\d+$/, "must look like 1.4.0").optional(),
  config: z.record(z.string(), z.number()).optional(),
}); // prettier-ignore

const Fault = z.object({ kind: z.enum(TARGET_FAULT_KINDS), agent: z.literal("target").optional() });

/**
 * Lets commands reach the supervisor: loopback only, behind a token that lies in a file which only its owner reads.
 * `GET /status`; `POST /restart`, `/stop`, `/rollback`, `/deploy {version?, config?}`: 200 with the status once /health
 * answers again, 409 with the reason when it could not be done. `GET /catalog`, `POST /faults {kind}`, `DELETE /faults/:id` break
 * and mend it by hand, as the fleet's control does with agents.
 */
export async function serveTarget(supervisor: TargetSupervisor, tokenFile: string, port = 0) {
  const token = randomBytes(24).toString("base64url");
  rmSync(tokenFile, { force: true });
  writeFileSync(tokenFile, token, { mode: 0o600, flag: "wx" });

  const faults = createTargetFaults(supervisor);

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500).end(JSON.stringify({ error: String(error) }));
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const reply = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const done = (result: Commanded) => (result.ok ? reply(200, result.status) : reply(409, { error: result.reason }));
    if (!matches(request.headers[TARGET_TOKEN_HEADER], token)) return reply(401, { error: "wrong or missing token" });
    const id = /^\/faults\/([\w-]+)$/.exec(request.url ?? "")?.[1];
    if (request.method === "DELETE" && id)
      return (await faults.end(id)) ? reply(200, { ended: id }) : reply(404, { error: "no such fault" });
    switch (`${request.method} ${request.url}`) {
      case "GET /catalog":
        return reply(200, faults.catalog());
      case "POST /faults": {
        const body = Fault.safeParse(await readJson(request));
        if (!body.success) return reply(400, { error: z.prettifyError(body.error) });
        const started = await faults.start(body.data.kind);
        return started.ok ? reply(201, started.fault) : reply(409, { error: started.reason });
      }
      case "GET /status":
        return reply(200, supervisor.status());
      case "POST /restart":
        return done(await supervisor.restart());
      case "POST /stop":
        return done(await supervisor.stop());
      case "POST /rollback":
        return done(await supervisor.rollback());
      case "POST /deploy": {
        const body = Deploy.safeParse(await readJson(request));
        if (body.success) return done(await supervisor.deploy(body.data));
        return reply(400, { error: z.prettifyError(body.error) });
      }
    }
    return reply(404, { error: "no such command" });
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        rmSync(tokenFile, { force: true });
      }),
  };
}

function matches(given: string | string[] | undefined, token: string): boolean {
  const a = Buffer.from(String(given ?? ""));
  const b = Buffer.from(token);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The body; undefined, which no command takes, when it is too long or no JSON. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
