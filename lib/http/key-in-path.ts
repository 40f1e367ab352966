import { wholeBody, wholeRequest } from "./whole";

/**
 * The request that a path with a key in it stands for: the key goes no further than into the header, and `path` is what is asked. For
 * programs that cannot send headers.
 */
export function withKeyInHeader(request: Request, key: string, path: string): Request {
  const headers = new Headers(request.headers);
  headers.set("authorization", `Bearer ${key.replace(/[^\w.~+/=-]/g, "")}`);
  const url = new URL(path, request.url);
  const bytes = wholeBody(request);
  if (bytes) return wholeRequest(String(url), headers, bytes, () => request.signal);
  return new Request(url, {
    method: request.method,
    headers,
    signal: request.signal,
    ...(request.body ? { body: request.body, duplex: "half" } : {}),
  } as RequestInit);
}
