import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDb } from "./client";
import { migrateDb } from "./migrate";
import { listPlaces } from "./queries/services";

test("a database of an earlier version keeps its rows and learns where its services ran", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sentinel-migrate-"));
  try {
    const old = join(folder, "drizzle");
    await cp("drizzle", old, { recursive: true });
    const journal = JSON.parse(await readFile(join(old, "meta/_journal.json"), "utf8")) as { entries: unknown[] };
    journal.entries = journal.entries.slice(0, 2);
    await writeFile(join(old, "meta/_journal.json"), JSON.stringify(journal));
    const db = await openDb({ url: `file:${join(folder, "s.db")}` });
    await migrateDb(db, old);
    const service = (id: string) => ({
      sql: "INSERT INTO services (id, source, state_since, first_seen_at, last_seen_at) VALUES (?, 'alert', 1, 1, 1)",
      args: [id],
    });
    const alert = (id: string, on: string, at: number, labels: object) => ({
      sql: `INSERT INTO alerts (id, source_id, fingerprint, starts_at, name, service_id, severity, summary, labels, annotations, first_at, last_at)
            VALUES (?1, 's', ?1, ?3, 'Slow', ?2, 'critical', 'Slow', ?4, '{}', ?3, ?3)`,
      args: [id, on, at, JSON.stringify(labels)],
    });
    await db.$client.batch(
      [
        ...["api", "db", "quiet"].map(service),
        {
          sql: "INSERT INTO alert_sources (id, kind, created_at, created_by, received) VALUES ('s', 'generic', 1, 'Ada', 7)",
          args: [],
        },
        alert("a", "api", 1, { env: "staging" }),
        alert("b", "api", 2, { env: "Production", cluster: "eu", namespace: "shop" }),
        alert("c", "db", 1, { namespace: "monitoring" }),
      ],
      "write",
    );
    await migrateDb(db);
    expect((await listPlaces(db)).toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: "api", scope: { environment: "prod", cluster: "eu", namespace: "shop" } },
      { id: "db", scope: {} },
      { id: "quiet", scope: {} },
    ]);
    const kept = await db.$client.execute("SELECT received, refused, last_refusal FROM alert_sources");
    expect({ ...kept.rows[0] }).toMatchObject({ received: 7, refused: 0, last_refusal: null });
    expect((await db.$client.execute("SELECT count(*) AS n FROM alerts")).rows[0]!["n"]).toBe(3);
    db.$client.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("each migration is later than the one before: drizzle skips those that are not later than the last one applied", async () => {
  const { entries } = JSON.parse(await readFile("drizzle/meta/_journal.json", "utf8")) as { entries: { idx: number; when: number; tag: string }[] }; // prettier-ignore
  expect(entries.length).toBeGreaterThan(20);
  const late = entries.filter(({ when }, i) => i > 0 && when <= entries[i - 1]!.when).map(({ tag }) => tag);
  expect(late).toEqual([]);
  expect(entries.map(({ idx, tag }) => [idx, Number(tag.slice(0, 4))])).toEqual(entries.map((_, i) => [i, i]));
});
