import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openDb } from "./client";
import { migrateDb } from "./migrate";

const folder = mkdtempSync(join(tmpdir(), "sentinel-residue-"));
afterAll(() => rmSync(folder, { recursive: true }));

const MIGRATION = "drill-residue";

/** The migrations as they were before this one. */
function earlier(): string {
  const to = join(folder, "drizzle");
  cpSync("drizzle", to, { recursive: true });
  const journal = join(to, "meta", "_journal.json");
  const { entries, ...rest } = JSON.parse(readFileSync(journal, "utf8")) as { entries: { tag: string }[] };
  const at = entries.findIndex(({ tag }) => tag.endsWith(MIGRATION));
  expect(at).toBeGreaterThan(0);
  writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, at) }));
  return to;
}

test("what recorded incidents left in the real world goes; what was real stays", async () => {
  const db = await openDb({ url: `file:${join(folder, "s.db")}` });
  await migrateDb(db, earlier());
  const incident = (id: string) => `INSERT INTO incidents (id, kind, state, state_version, title, severity, mode, onset_at, opened_at) VALUES ('${id}', 'service', 'resolved', 0, '${id}', 5, 'act', 1, 1)`; // prettier-ignore
  const subject = (id: string, service: string) => `INSERT INTO incident_subjects (incident_id, subject_kind, subject_id, role) VALUES ('${id}', 'service', '${service}', 'primary')`; // prettier-ignore
  const alert = (id: string, source: string, of: string, service: string) => `INSERT INTO alerts (id, source_id, fingerprint, starts_at, name, service_id, severity, summary, labels, annotations, first_at, last_at, incident_id) VALUES ('${id}', '${source}', '${id}', 1, 'A', '${service}', 'critical', 's', '{}', '{}', 1, 1, '${of}')`; // prettier-ignore
  const episode = (id: string) => [
    `INSERT INTO episodes (incident_id, service_id, title, body, cause_kind, features, outcome, closed_at) VALUES ('${id}', 'x', 't', 'b', 'unknown', '{}', 'recovered', 1)`,
    `INSERT INTO episodes_fts (id, title, body) VALUES ('${id}', 't', 'b')`,
  ];
  const service = (id: string, source: string) => `INSERT INTO services (id, source, state_since, first_seen_at, last_seen_at) VALUES ('${id}', '${source}', 1, 1, 1)`; // prettier-ignore
  const change = (id: string, service_: string, source: string) => `INSERT INTO changes (id, subject_kind, subject_id, kind, at, declared, source, status, created_at) VALUES ('${id}', 'service', '${service_}', 'deploy', 1, 1, '${source}', 'declared', 1)`; // prettier-ignore
  const series = (node: string) => `INSERT INTO recorded_series (id, node, metric, points, from_s, to_s, created_at) VALUES ('r-${node}', '${node}', 'm', '[]', 0, 1, 1)`; // prettier-ignore
  await db.$client.batch(
    [
      // A drill that only looked, one that a real operation was carried out for, one that a real alert joined, and a real one.
      ...["looked", "acted", "joined", "real"].flatMap((id) => [incident(id), ...episode(id)]),
      ...["invented", "touched", "mine", "mine"].map((name, i) =>
        subject(["looked", "acted", "joined", "real"][i]!, name),
      ),
      alert("a1", "scenario:pages-slow", "looked", "invented"),
      alert("a2", "scenario:pages-slow", "acted", "touched"),
      alert("a3", "scenario:pages-slow", "joined", "mine"),
      alert("a4", "source-1", "joined", "mine"),
      alert("a5", "source-1", "real", "mine"),
      "INSERT INTO action_runs (id, idempotency_key, proposal_id, incident_id, subject_kind, subject_id, action, args, by, why, state, started_at) VALUES ('act', 'k', 'p', 'acted', 'service', 'touched', 'run_command', '{}', 'sentinel', 'w', 'done', 1)",
      service("invented", "seed"),
      service("touched", "seed"),
      service("mine", "seed"),
      service("file", "seed"),
      series("invented"),
      series("touched"),
      series("mine"),
      change("c1", "invented", "scenario pages-slow"),
      change("c2", "mine", "scenario pages-slow"),
      change("c3", "mine", "github"),
      "INSERT INTO log_lines (node, at, received_at, line) VALUES ('invented', 1, 1, 'x'), ('mine', 1, 1, 'y')",
      "INSERT INTO service_edges (caller, callee, source, last_seen_at) VALUES ('invented', 'mine', 'seed', 1), ('file', 'mine', 'seed', 1)",
    ],
    "write",
  );
  await migrateDb(db);
  const ids = async (query: string) => (await db.$client.execute(query)).rows.map((row) => row[0]);
  expect(await ids("SELECT id FROM incidents ORDER BY id")).toEqual(["acted", "joined", "real"]);
  expect(await ids("SELECT incident_id FROM episodes ORDER BY 1")).toEqual(["joined", "real"]);
  expect(await ids("SELECT id FROM episodes_fts ORDER BY 1")).toEqual(["joined", "real"]);
  expect(await ids("SELECT id FROM services ORDER BY id")).toEqual(["file", "mine", "touched"]);
  expect(await ids("SELECT id FROM changes ORDER BY id")).toEqual(["c3"]);
  expect(await ids("SELECT id FROM alerts ORDER BY id")).toEqual(["a2", "a3", "a4", "a5"]);
  expect(await ids("SELECT id FROM action_runs")).toEqual(["act"]);
  expect(await ids("SELECT node FROM log_lines")).toEqual(["mine"]);
  expect(await ids("SELECT caller FROM service_edges")).toEqual(["file"]);
  expect(await ids("SELECT count(*) FROM recorded_series")).toEqual([0]);
  expect(
    await ids(
      "SELECT name FROM sqlite_master WHERE name LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE '\\_\\_drizzle%' ESCAPE '\\'",
    ),
  ).toEqual([]);
  db.$client.close();
});
