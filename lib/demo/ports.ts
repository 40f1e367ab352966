import { createServer } from "node:net";

/** How far above the wanted port to look. */
const REACH = 50;

/** The wanted port of this host, or the next one above it that is free. Throws when none within reach is. */
export async function freePort(host: string, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + REACH; port++) {
    const got = await tryPort(host, port);
    if (got !== null) return got;
  }
  throw new Error(`no free port between ${wanted} and ${wanted + REACH - 1}`);
}

/** Any free port of loopback. */
export async function anyPort(): Promise<number> {
  const port = await tryPort("127.0.0.1", 0);
  if (port === null) throw new Error("no free port on loopback");
  return port;
}

function tryPort(host: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(null));
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : null));
    });
  });
}
