import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Rng } from "./rng";

/** How the service treats one tenant: answers, fails with a 503, or accepts and never answers. */
export type Treatment = "answers" | "fails" | "holds";

const USUAL_MS = 60;
const RATES: Record<string, number> = { EUR: 0.92, GBP: 0.79, JPY: 151.4, CHF: 0.88 };
export const CURRENCIES = Object.keys(RATES);

/** A small HTTP service on loopback that agents ask for exchange rates, each as its own tenant. */
export async function startRatesService(rng: Rng, timeScale: number) {
  const treatments = new Map<string, Treatment>();
  const held = new Map<ServerResponse, string>();

  function answer(tenant: string, currency: string, response: ServerResponse) {
    switch (treatments.get(tenant) ?? "answers") {
      case "answers": {
        const rate = RATES[currency];
        response.writeHead(rate ? 200 : 404, { "content-type": "application/json" });
        return response.end(JSON.stringify(rate ? { currency, rate, quoted: "daily" } : { error: "no such currency" }));
      }
      case "fails":
        return response.writeHead(503, { "content-type": "application/json" }).end('{"error":"upstream unavailable"}');
      case "holds":
        held.set(response, tenant);
        return response.on("close", () => held.delete(response));
    }
  }

  const server = createServer((request, response) => {
    const [, tenant = "", currency = ""] = /^\/tenants\/([^/]+)\/rates\/([^/]+)$/.exec(request.url ?? "") ?? [];
    setTimeout(() => answer(decodeURIComponent(tenant), currency, response), USUAL_MS * rng.lognormal(0.3) * timeScale);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    treat(tenant: string, treatment: Treatment) {
      treatments.set(tenant, treatment);
      for (const [response, owner] of held)
        if (owner === tenant && treatment !== "holds") response.writeHead(504).end();
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
export type RatesService = Awaited<ReturnType<typeof startRatesService>>;
