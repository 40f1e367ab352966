import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupAlerts, type GroupInput, type OpenIncident, type UngroupedAlert } from "./alert-group";
import { alert, group, incident, MINUTE, NOW } from "./test-alerts";

/** `callers` services that call `db` directly or through one another, and their alerts. */
function storm(callers: number, alerts: number, withDb: boolean) {
  const edges: [string, string][] = [];
  for (let i = 0; i < callers; i++) edges.push([`s${i}`, i < callers / 5 ? "db" : `s${i % Math.ceil(callers / 5)}`]);
  const firing = Array.from({ length: alerts }, (_, i) =>
    alert(`a${i}`, withDb && i === 0 ? "db" : `s${i % callers}`, { startsAt: NOW - (i % 300) * 1_000 }),
  );
  return { edges, firing };
}

const byService = (alerts: UngroupedAlert[]) =>
  [...new Set(alerts.map(({ service }) => service))].map((name) => alerts.filter(({ service }) => service === name));

describe("storms", () => {
  test.each([true, false])("1,000 alerts of 50 services are one incident; the dependency alerts too: %s", (withDb) => {
    const { edges, firing } = storm(50, 1_000, withDb);
    const strangers = [alert("x", "billing"), alert("y", "search")];
    const { opens } = group([...firing, ...strangers], [...edges, ["billing", "ledger"], ["search", "ads"]]);
    expect(opens.map(({ primary, alertIds }) => [primary, alertIds.length])).toEqual(
      expect.arrayContaining([
        ["db", 1_000],
        ["billing", 1],
        ["search", 1],
      ]),
    );
    expect(opens).toHaveLength(3);
  });

  test.each([true, false])("arriving one service at a time, in any order, they end as one incident: %s", (withDb) => {
    const { edges, firing } = storm(20, 60, withDb);
    const batches = fc.shuffledSubarray(byService(firing), { minLength: 20 });
    fc.assert(
      fc.property(batches, (order) => {
        let open: OpenIncident[] = [];
        order.forEach((alerts, turn) => {
          const { joins, opens, merges } = group(alerts, edges, { incidents: open });
          const at = { openedAt: turn, onsetAt: NOW - 300_000, lastAlertAt: NOW };
          for (const { primary, services } of opens) open.push({ id: `i${turn}`, primary, services, ...at });
          for (const { incidentId, primary, services } of joins) {
            const old = open.find(({ id }) => id === incidentId)!;
            open = open.with(open.indexOf(old), { ...old, primary, services: [...old.services, ...services] });
          }
          for (const { from, into } of merges) {
            const [old, gone] = [into, from].map((id) => open.find((one) => one.id === id)!) as [
              OpenIncident,
              OpenIncident,
            ];
            open = open.with(open.indexOf(old), { ...old, services: [...old.services, ...gone.services] });
            open = open.filter(({ id }) => id !== from);
          }
        });
        expect(open.map(({ primary }) => primary)).toEqual(["db"]);
      }),
      { numRuns: 50 },
    );
  });

  test("100,000 alerts of 20,000 services in one chain and one star", () => {
    const { edges, firing } = storm(20_000, 100_000, true);
    const chain = Array.from({ length: 20_000 }, (_, i): [string, string] => [`c${i}`, `c${i + 1}`]);
    const links = Array.from({ length: 20_000 }, (_, i) => alert(`l${i}`, `c${i}`));
    const { opens } = group([...firing, ...links], [...edges, ...chain]);
    expect(Object.fromEntries(opens.map(({ primary, alertIds }) => [primary, alertIds.length]))).toEqual({
      c19999: 20_000,
      db: 100_000,
    });
  });
});

const names = fc.constantFrom(..."abcdefghij".split(""));
const world = fc.record({
  alerts: fc.array(
    fc.record({
      service: names,
      severity: fc.constantFrom("critical" as const, "warning" as const, "info" as const),
      ago: fc.integer({ min: 0, max: 40 }),
    }),
    { maxLength: 30 },
  ),
  edges: fc.array(fc.tuple(names, names), { maxLength: 25 }),
  incidents: fc.array(fc.record({ primary: names, services: fc.array(names, { maxLength: 3 }), ago: fc.nat(40) }), {
    maxLength: 3,
  }),
  unhealthy: fc.array(names, { maxLength: 2 }),
  healthy: fc.array(names, { maxLength: 2 }),
  window: fc.option(names, { nil: undefined }),
});

describe("whatever comes", () => {
  const inputOf = (w: typeof world extends fc.Arbitrary<infer W> ? W : never): GroupInput => ({
    alerts: w.alerts.map(({ service, severity, ago }, i) =>
      alert(`${i}`, service, { severity, startsAt: NOW - ago * MINUTE }),
    ),
    edges: w.edges,
    incidents: w.incidents.map(({ primary, services, ago }, i) => {
      const at = NOW - ago * MINUTE;
      return incident(`i${i}`, primary, { services, openedAt: at, onsetAt: at, lastAlertAt: at });
    }),
    unhealthy: new Map(w.unhealthy.map((name) => [name, NOW])),
    healthy: new Set(w.healthy),
    maintenance: w.window ? [{ id: "w", service: w.window, labels: {}, startsAt: 0, endsAt: NOW + 1 }] : [],
    now: NOW,
  });

  test("the order of arrival and repeats change nothing", () => {
    fc.assert(
      fc.property(
        world.chain((w) =>
          fc.tuple(
            fc.constant(inputOf(w)),
            fc.shuffledSubarray([...inputOf(w).alerts], { minLength: w.alerts.length }),
            fc.shuffledSubarray(w.edges, { minLength: w.edges.length }),
          ),
        ),
        ([input, alerts, edges]) => {
          const expected = groupAlerts(input);
          const incidents = input.incidents.toReversed();
          expect(groupAlerts({ ...input, alerts: [...alerts, ...alerts], edges, incidents })).toEqual(expected);
        },
      ),
    );
  });

  test("no alert is lost, and none comes out twice", () => {
    fc.assert(
      fc.property(world.map(inputOf), (input) => {
        const { joins, opens, records } = groupAlerts(input);
        const out = [...joins, ...opens].flatMap(({ alertIds }) => alertIds);
        expect([...out, ...records.map(({ alertId }) => alertId)].toSorted()).toEqual(
          input.alerts.map(({ id }) => id).toSorted(),
        );
      }),
    );
  });

  test("an alert that asks for something and is not muted is in an incident; new incidents share no service", () => {
    fc.assert(
      fc.property(world.map(inputOf), (input) => {
        const { opens, records } = groupAlerts(input);
        const recorded = new Set(records.map(({ alertId }) => alertId));
        const muted = input.maintenance[0]?.service;
        for (const { id, severity, service } of input.alerts)
          if (severity !== "info" && service !== muted) expect(recorded.has(id)).toBe(false);
        const services = opens.flatMap((open) => open.services);
        expect(new Set(services).size).toBe(services.length);
      }),
    );
  });
});
