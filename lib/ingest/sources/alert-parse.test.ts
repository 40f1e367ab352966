import { describe, expect, test } from "vitest";
import { parseWebhook } from "./alertmanager/parse";
import { WebhookBody } from "./alertmanager/schema";
import { parseGeneric } from "./generic/parse";
import { GenericBody } from "./generic/schema";

const NOW = Date.parse("2026-11-21T01:10:00Z");
const webhook = (body: unknown) => parseWebhook("alertmanager", WebhookBody.parse(body), NOW);
const one = (alert: object) =>
  webhook({ alerts: [{ status: "firing", labels: { alertname: "A" }, ...alert }] }).alerts[0]!;

describe("names with characters that nobody can see", () => {
  test.each([
    ["a zero-width space", "pay\u200bments", "payments"],
    ["a byte order mark", "pay\ufeffments", "payments"],
    ["a soft hyphen", "pay\u00adments", "payments"],
    ["a tag", "payments\u{e0041}", "payments"],
    ["a variation selector", "payments\ufe0f", "payments"],
    ["private use", "payments\ue000", "payments"],
    ["a no-break space", "pay\u00a0ments", "pay ments"],
    ["what is not composed", "cafe\u0301", "café"],
    ["an accent behind what is not seen", "cafe\u200b\u0301", "café"],
  ])("%s: the alert counts, without it, and the answer says so", (_, sent, kept) => {
    for (const parsed of [
      parseGeneric(GenericBody.parse([{ name: sent, service: sent, labels: { [sent]: sent } }]), NOW),
      webhook({ alerts: [{ status: "firing", labels: { alertname: sent, service: sent, [sent]: sent } }] }),
    ]) {
      expect(parsed.rejected).toEqual([]);
      expect(parsed.alerts).toMatchObject([{ name: kept, service: kept, labels: { [kept]: kept } }]);
      expect(parsed.notices.map(({ field }) => field)).toEqual(
        expect.arrayContaining(["name", "labels.service", `labels.${kept}`]),
      );
      for (const { index, reason } of parsed.notices) {
        expect(index).toBe(0);
        expect(reason).toContain("invisible");
      }
    }
  });

  test("a service named by any label, and where it runs, is named without them", () => {
    const { alerts } = webhook({
      alerts: [
        { status: "firing", labels: { alertname: "A", pod: "sh\u200bop-7d4b9c6f5d-x2x9z", namespace: "pr\u200bod" } },
      ],
    });
    expect(alerts[0]).toMatchObject({ service: "shop" });
  });

  test("a name that has none is kept as it is, and nothing is said", () => {
    const { alerts, notices } = webhook({
      alerts: [
        { status: "firing", labels: { alertname: "HighLatency", service: "cart" } },
        { status: "resolved", labels: { alertname: "HighLatency", service: "shop", zone: "Zürich" } },
      ],
    });
    expect(notices).toEqual([]);
    expect(alerts.every((alert) => !("cleaned" in alert))).toBe(true);
  });

  test("the texts of an alert keep their joiners; notices are listed to a hundred", () => {
    const summary = "علی\u200cرضا 👩\u200d💻";
    expect(one({ annotations: { summary } })).toMatchObject({ summary, annotations: { summary } });
    const many = webhook({
      alerts: Array.from({ length: 200 }, () => ({ status: "firing", labels: { alertname: "a\u200b" } })),
    });
    expect(many.alerts).toHaveLength(200);
    expect(many.notices).toHaveLength(100);
  });
});
