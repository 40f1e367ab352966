import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDb } from "@/lib/db/client";
import { migrateDb } from "@/lib/db/migrate";
import { findScores } from "@/lib/db/queries/scores";
import { scoreClosed } from "@/lib/response/score";

test("verdicts on would-have quarantines, which said whether none was right, say from then on whether one would have been", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sentinel-migrate-"));
  try {
    const old = join(folder, "drizzle");
    await cp("drizzle", old, { recursive: true });
    const journal = JSON.parse(await readFile(join(old, "meta/_journal.json"), "utf8")) as { entries: unknown[] };
    journal.entries = journal.entries.slice(0, 15);
    await writeFile(join(old, "meta/_journal.json"), JSON.stringify(journal));
    const db = await openDb({ url: `file:${join(folder, "s.db")}` });
    await migrateDb(db, old);
    const scored = (id: string, mode: string, contained: number | null, verdicts: object) => [
      {
        sql: `INSERT INTO incidents (id, kind, state, title, severity, mode, onset_at, opened_at, contained_at, closed_at, score_due)
              VALUES (?, 'agent', 'resolved', 'x', 5, ?, 1, 1, ?, 2, false)`,
        args: [id, mode, contained],
      },
      {
        sql: `INSERT INTO incident_scores (incident_id, scores, answers, tokens, usd, verdicts, scored_at) VALUES (?, '{}', '[]', 0, 0, ?, 3)`,
        args: [id, JSON.stringify(verdicts)],
      },
    ];
    await db.$client.batch(
      [
        ...scored("observed", "observe", null, { causeRight: true, heldRight: false }),
        ...scored("recommended", "recommend", null, { heldRight: true }),
        ...scored("by hand", "observe", 2, { heldRight: true }),
        ...scored("held", "act", 2, { heldRight: true }),
        ...scored("unsaid", "observe", null, { remedyRight: true }),
      ],
      "write",
    );
    await migrateDb(db);
    const { rows } = await db.$client.execute(
      "SELECT incident_id, verdicts, score_due FROM incident_scores JOIN incidents ON id = incident_id ORDER BY incident_id",
    );
    expect(rows.map((row) => [row["incident_id"], row["verdicts"], row["score_due"]])).toEqual([
      ["by hand", '{"heldRight":true}', 0],
      ["held", '{"heldRight":true}', 0],
      ["observed", '{"causeRight":true,"heldRight":true}', 1],
      ["recommended", '{"heldRight":false}', 1],
      ["unsaid", '{"remedyRight":true}', 0],
    ]);
    // What was said is weighed anew, once.
    expect(await scoreClosed(db, new Set(), 9)).toBe(2);
    expect(await scoreClosed(db, new Set(), 9)).toBe(0);
    expect(await findScores(db, "observed")).toMatchObject({
      verdicts: { causeRight: true, heldRight: true },
      answers: expect.arrayContaining([expect.objectContaining({ id: "hold_confirmed", answer: "yes" })]),
    });
    db.$client.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
