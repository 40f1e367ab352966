import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

/** Serves route handlers of this process over HTTP on loopback, for programs that send requests themselves. `path`: the parts of the request's path. */
export async function serveHere(
  answer: (request: Request, path: string[], body: Buffer) => Promise<Response>,
): Promise<{ url: string; stop: () => void }> {
  const asked = async (incoming: IncomingMessage): Promise<Response> => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const headers = incoming.headers as Record<string, string>;
    const { method = "GET" } = incoming;
    const request = new Request(url + incoming.url, { method, headers, ...(method === "GET" ? {} : { body }) });
    return answer(request, (incoming.url ?? "").split("/").slice(1), body);
  };
  const server = createServer((incoming, outgoing) => {
    void asked(incoming).then(async (answered) => {
      outgoing.writeHead(answered.status, Object.fromEntries(answered.headers));
      outgoing.end(Buffer.from(await answered.arrayBuffer()));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, stop };
}
