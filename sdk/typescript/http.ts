import http from "node:http";
import https from "node:https";

/** Answers are small (directives of a batch's agents); more than this is not one of ours. */
const MAX_ANSWER_BYTES = 4_000_000;

export interface HttpRequest {
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: Buffer;
  /** From the start of the request to the end of its answer, ms. */
  timeoutMs: number;
  signal?: AbortSignal;
}
export interface HttpAnswer {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

const plain = new http.Agent({ keepAlive: true });
const secure = new https.Agent({ keepAlive: true });

/**
 * One HTTP request. Built on `node:http` rather than fetch because its sockets and timers can be unreferenced: an open
 * long-poll must never keep the host's process alive. Redirects are not followed, since they would carry the key elsewhere.
 * Rejects on a network failure, the timeout, an abort, or an oversized answer.
 */
export function send(url: URL, { method, headers, body, timeoutMs, signal }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method, agent: url.protocol === "https:" ? secure : plain, headers, signal };
    const request = (url.protocol === "https:" ? https : http).request(url, options);
    const deadline = setTimeout(
      () => request.destroy(new Error(`no response within ${timeoutMs} ms`)),
      timeoutMs,
    ).unref();
    const fail = (error: Error) => {
      clearTimeout(deadline);
      reject(error);
    };
    request.on("socket", (socket) => socket.unref());
    request.on("error", fail);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) request.destroy(new Error("response too large"));
        else chunks.push(chunk);
      });
      response.on("error", fail);
      response.on("aborted", () => fail(new Error("response cut off")));
      response.on("end", () => {
        clearTimeout(deadline);
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers["retry-after"],
          body: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    request.end(body);
  });
}
