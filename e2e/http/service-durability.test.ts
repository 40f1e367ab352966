import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tell, writeServicesFile } from "../recording";
import { approvalsOf, OwnServer, until } from "./own-server";

/**
 * The process is killed while a service incident is investigated, waits for a person, is acted on and is measured. After
 * each restart it goes on where it was: a lease runs out and the investigation is redone, an approval still waits, an operation
 * that was begun is never run again.
 */
const PHASES = ["investigation", "approval", "action", "verification"] as const;
const ROUNDS = process.env["LONG"] === "1" ? 40 : 4;
const SCENARIO = "db-pool-02";
/** How long the operation takes at least, so that a kill hits it, and how long it may take at most. */
const OPERATION_MS = 5_000;
const OPERATION_LIMIT_MS = 60_000;

interface Incident {
  id: string;
  state: string;
}

describe(`kill -9 of the loop over services, ${ROUNDS} times`, () => {
  const server = new OwnServer({ VERIFY_SETTLE_MS: "5000", ALERT_GROUP_WAIT_MS: "200" });
  const ran = join(server.folder, "ran");
  const table: Record<string, string | number>[] = [];
  let alertmanager = "";
  const ask = async (method: string, path: string, body: object, token?: string): Promise<unknown> => {
    if (token === undefined) return server.ask(method, path, body);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(server.sentinel.url + path, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };

  beforeAll(async () => {
    const program = [
      'const say = (word) => require("fs").appendFileSync(process.argv[1], word + " " + process.env.SENTINEL_RUN + "\\n");',
      `say("begun"); setTimeout(say, ${OPERATION_MS}, "ended");`,
    ].join(" ");
    const operation = {
      name: "mend",
      kind: "command",
      title: "Mend it",
      services: ["*"],
      remedies: [
        "resource_exhaustion", "memory_leak", "failing", "slow", "overload", "crash", "silent",
        "deploy_regression", "config_regression", "dependency_failure",
      ], // prettier-ignore
      risk: "reversible",
      blast_radius: "Nothing but a line in a file",
      argv: [process.execPath, "-e", program, ran],
      timeout_ms: OPERATION_LIMIT_MS,
    };
    const file = join(server.folder, "operations.json");
    writeFileSync(file, JSON.stringify({ operations: [operation] }));
    server.env["SENTINEL_ACTIONS_FILE"] = file;
    server.env["SENTINEL_SERVICES_FILE"] = join(server.folder, "services.json");
    writeServicesFile(server.env["SENTINEL_SERVICES_FILE"], [SCENARIO]);
    await server.setUp();
    alertmanager = (await server.ask<{ token: string }>("POST", "/api/v1/alert-sources", { kind: "alertmanager" }))
      .token;
  });
  afterAll(async () => {
    console.table(table);
    await server.remove();
  });

  const stateOf = async (id: string) =>
    (await server.rows<{ state: string }>("SELECT state FROM incidents WHERE id = ?", id))[0]?.state ?? "";
  const lines = (word: string) =>
    existsSync(ran)
      ? readFileSync(ran, "utf8").split("\n").filter((line) => line.startsWith(word)).map((line) => line.slice(word.length + 1))
      : []; // prettier-ignore
  const pendingOf = async (id: string) =>
    (await approvalsOf(server, "pending")).find(({ incident }) => incident.id === id);
  const approve = async (id: string) => {
    const approval = (await pendingOf(id))!;
    await server.ask("POST", `/api/v1/approvals/${approval.id}/decision`, {
      decision: "approve",
      digest: approval.digest,
      evidence_opened: true,
    });
  };

  it.each(Array.from({ length: ROUNDS }, (_, i) => i))("round %i", async (round) => {
    const phase = PHASES[round % PHASES.length]!;
    // What the round before left open would take the next alert in.
    const { incidents } = await server.ask<{ incidents: Incident[] }>(
      "GET",
      "/api/v1/incidents?state=active&limit=100",
    );
    for (const { id } of incidents) await server.send("POST", `/api/v1/incidents/${id}/dismiss`, {});
    await tell(SCENARIO, ask, { key: server.key, alertmanager });
    const newest = await server.ask<{ incidents: Incident[] }>("GET", "/api/v1/incidents?limit=1");
    const id = newest.incidents[0]!.id;
    const asked = () => until("a question", () => pendingOf(id));

    if (phase === "investigation") {
      await until("an investigation", async () => (await stateOf(id)) === "investigating");
      await wait(Math.random() * 60);
    } else {
      const before = await asked();
      const begun = lines("begun").length;
      if (phase !== "approval") await approve(id);
      if (phase === "action") await until("the operation", async () => lines("begun").length > begun);
      if (phase === "verification") await until("the measurement", async () => (await stateOf(id)) === "verifying");
      else if (phase === "approval") expect(before.state).toBe("pending");
    }
    const digest = phase === "approval" ? (await pendingOf(id))!.digest : null;
    const at = await server.rows<{ state: string }>(
      "SELECT state FROM investigations WHERE incident_id = ? ORDER BY started_at DESC LIMIT 1",
      id,
    );
    await server.kill();
    const left = await stateOf(id);
    const began = Date.now();
    await server.start();
    if (phase === "approval") expect((await pendingOf(id))!.digest).toBe(digest);
    if (phase === "investigation" || phase === "approval") {
      await asked();
      await approve(id);
    }
    // Without a source of metrics nothing can be told of a cure: a person is asked to look, or about what was not tried.
    await until("a measured end", async () => {
      const [run] = await server.rows<{ outcome: string }>("SELECT outcome FROM action_runs WHERE incident_id = ?", id);
      return run !== undefined && run.outcome !== "pending";
    });
    const runs = await server.rows<{ id: string; state: string; outcome: string }>(
      "SELECT id, state, outcome FROM action_runs WHERE incident_id = ?",
      id,
    );
    expect(runs).toHaveLength(1);
    expect(runs[0]!.outcome).toBe("cannot_tell");
    table.push({
      round,
      "killed during": phase,
      "incident was": left,
      investigation: at[0]?.state ?? "none",
      "went on in ms": Date.now() - began,
      operation: `${runs[0]!.state}, begun ${lines("begun").filter((run) => run === runs[0]!.id).length} times`,
    });
  });

  it("has run no operation twice", async () => {
    const begun = lines("begun");
    expect(new Set(begun).size).toBe(begun.length);
    const runs = await server.rows<{ id: string }>("SELECT id FROM action_runs");
    expect(begun.every((run) => runs.some(({ id }) => id === run))).toBe(true);
    const twice = await server.rows("SELECT proposal_id FROM action_runs GROUP BY 1 HAVING count(*) > 1");
    expect(twice).toEqual([]);
  });
});
