import { request } from "node:https";
import { Readable } from "node:stream";

/**
 * A `fetch` that trusts one certificate authority (PEM) and no other, for servers that sign their own: the global one cannot be
 * told. Only https; follows no redirect; streams the answer. Rejects for any other authority, as `fetch` would.
 */
export function fetchTrusting(ca: string): typeof fetch {
  return (input, init = {}) =>
    new Promise<Response>((resolve, reject) => {
      const url = input instanceof Request ? input.url : String(input);
      const { method = "GET", body, signal } = init;
      const headers = Object.fromEntries(new Headers(init.headers));
      const asked = request(url, { method, headers, ca, signal: signal ?? undefined }, (answer) => {
        const pairs = Object.entries(answer.headersDistinct).flatMap(([name, values]) =>
          (values ?? []).map((value): [string, string] => [name, value]),
        );
        const status = answer.statusCode ?? 0;
        const empty = [204, 205, 304].includes(status);
        if (empty) answer.resume();
        try {
          resolve(new Response(empty ? null : (Readable.toWeb(answer) as ReadableStream), { status, headers: pairs }));
        } catch (error) {
          asked.destroy();
          reject(error as Error);
        }
      });
      asked.on("error", reject);
      asked.end(typeof body === "string" ? body : undefined);
    });
}
