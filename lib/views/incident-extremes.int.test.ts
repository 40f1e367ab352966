import { afterAll, beforeAll, expect, test } from "vitest";
import { type Db, write } from "@/lib/db/client";
import { incidentRow, insert, NOW, openTestDb } from "@/lib/db/queries/test-world";
import { findExtremes } from "./incident-extremes";

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb());
  const evidence = { value: 1, expected: { low: 1, mid: 2, high: 3 }, statistic: 1, threshold: 1, samples: 1, evidence: "change" };
  await insert(db, "incidents", [incidentRow("inc")]);
  await write(db, [
    {
      sql: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
            INSERT INTO anomalies (id, agent_id, incident_id, type, metric, stratum, verdict, severity, at, event_seq, evidence)
            SELECT 'x-' || i, 'a-' || (i % 3), 'inc', 'cost_spike', 'cost', 'all', 'alert', i / 120.0, ?1 + i, i, ?2 FROM n`,
      args: [NOW, JSON.stringify(evidence)],
    },
    {
      sql: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
            INSERT INTO stream_events (at, type, text, incident_id, data) SELECT ?1 + i, 'agent.directed', 'line ' || i, 'inc', '{}' FROM n`,
      args: [NOW],
    },
  ]);
}); // prettier-ignore
afterAll(() => close());

test("of an incident that is longer than its page, the latest lines and the worst of each metric, with how many there are", async () => {
  const found = await findExtremes(db, "inc", { metrics: 2, lines: 3 });
  expect(found.latest.map(({ text }) => text)).toEqual(["line 1198", "line 1199", "line 1200"]);
  expect(found.lines).toBe(1_200);
  expect(found.worst.map(({ anomaly, times }) => [anomaly.id, anomaly.agent_id, anomaly.severity, times])).toEqual([
    ["x-1200", "a-0", 10, 400],
    ["x-1199", "a-2", 1_199 / 120, 400],
  ]);
  expect(found.metrics).toBe(3);
  expect(await findExtremes(db, "nothing", { metrics: 2, lines: 3 })).toEqual({ worst: [], metrics: 0, latest: [], lines: 0 });
}); // prettier-ignore
