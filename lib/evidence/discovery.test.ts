import { expect, test } from "vitest";
import { discoverServices } from "./discovery";
import { couldNotLook, found, type Looked } from "./looked";
import type { Prometheus, Sample } from "./prometheus";
import { serviceEdges } from "./topology";

type Answers = (query: string) => Looked<Sample[]>;
/** A Prometheus of which only questions at one moment are asked. */
const prometheus = (answers: Answers) =>
  ({ source: "p", instant: (query: string) => Promise.resolve(answers(query)) }) as unknown as Prometheus;
const sample = (value: number, labels: Record<string, string>): Sample => ({ labels, t: 0, value });

test("what a team named goes before the job; one service over several jobs is one; what vanished is one too", async () => {
  const looked = await discoverServices(
    prometheus((query) => {
      if (query.includes("last_over_time"))
        return found("p", [sample(2, { job: "a", app: "shop" }), sample(1, { job: "b" }), sample(3, { job: "left" })]);
      return found("p", [sample(1, { job: "a", app: "shop" }), sample(1, { job: "b" }), sample(1, { other: "x" })]);
    }),
    { at: 0 },
  );
  expect(looked).toEqual({
    ok: true,
    source: "p",
    truncated: false,
    value: [
      { name: "b", labelKey: "job", selector: { job: "b" } },
      { name: "left", labelKey: "job", selector: { job: "left" } },
      { name: "shop", labelKey: "app", selector: { app: "shop" } },
    ],
  });
});

test("one question that is refused hides nothing that the other answers, and is named; two are a refusal", async () => {
  const refusing = (refused: RegExp) =>
    prometheus((query) => (refused.test(query) ? couldNotLook("p", "slow") : found("p", [sample(1, { job: "b" })])));
  for (const refused of [/last_over_time/, /\(up\)$/])
    expect(await discoverServices(refusing(refused), { at: 0 })).toEqual({
      ok: true,
      source: "p",
      truncated: true,
      missing: [{ source: "p", reason: "slow" }],
      value: [{ name: "b", labelKey: "job", selector: { job: "b" } }],
    });
  expect(await discoverServices(refusing(/up/), { at: 0 })).toEqual({ ok: false, source: "p", reason: "slow" });
});

test("edges of every kind of trace metric; ends that nobody traced, and calls to itself, are none", async () => {
  const looked = await serviceEdges(
    prometheus((query) => {
      if (query.includes("istio_requests_total{reporter="))
        return found("p", [
          sample(3, { source_canonical_service: "shop", destination_canonical_service: "cart" }),
          sample(3, { source_canonical_service: "unknown", destination_canonical_service: "shop" }),
          sample(3, { source_canonical_service: "shop", destination_canonical_service: "shop" }),
        ]);
      if (query.includes("traces_service_graph"))
        return found("p", [
          sample(1, { client: "user", server: "shop" }),
          sample(1, { client: "cart", server: "q", connection_type: "messaging_system" }),
        ]);
      if (query.includes("hubble")) return couldNotLook("p", "slow");
      return found("p", []);
    }),
    { at: 0, windowS: 60 },
  );
  expect(looked).toEqual({
    ok: true,
    source: "p",
    truncated: true,
    value: [
      { caller: "cart", callee: "q", via: "traces_service_graph_request_total", kind: "queue" },
      { caller: "shop", callee: "cart", via: "istio_requests_total" },
    ],
  });
  const blind = prometheus(() => couldNotLook("p", "gone"));
  expect(await serviceEdges(blind, { at: 0, windowS: 60 })).toMatchObject({ ok: false, reason: "gone" });
});
