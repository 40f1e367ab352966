import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena, type Template } from "./arena";
import { type Attack, MARGIN, play, samplesOfControl } from "./attack";
import { CLOCK_ATTACKS } from "./attacks/clocks";
import { IDENTITY_ATTACKS } from "./attacks/identity";
import { INCIDENT_ATTACKS } from "./attacks/incidents";
import { KEY_ATTACKS } from "./attacks/keys";
import { LIMIT_ATTACKS } from "./attacks/limits";
import { REPORT_ATTACKS } from "./attacks/reports";
import { STRATA_ATTACKS } from "./attacks/strata";
import type { Fault } from "./attack";

/** Samples of an attack that must not succeed at any time. */
const LONG = 60;

let template: Template;
beforeAll(async () => {
  template = await Arena.learned();
});
afterAll(() => template.remove());

const controls = new Map<Fault, Promise<number>>();
const controlOf = (attack: Attack): Promise<number> => {
  const known = controls.get(attack.fault) ?? samplesOfControl(template, attack);
  controls.set(attack.fault, known);
  return known;
};

describe.each([
  ["incidents", INCIDENT_ATTACKS],
  ["keys", KEY_ATTACKS],
  ["limits", LIMIT_ATTACKS],
  ["strata", STRATA_ATTACKS],
  ["identity", IDENTITY_ATTACKS],
  ["clocks", CLOCK_ATTACKS],
  ["reports", REPORT_ATTACKS],
])("%s", (_, attacks) => {
  for (const attack of attacks)
    (attack.missed ? it.fails : it)(
      attack.missed ? `MISSED: ${attack.name} (${attack.missed})` : attack.name,
      async () => {
        const must = attack.must ?? "held";
        const allowed = must === "held" ? (await controlOf(attack)) + MARGIN : LONG;
        const played = await play(template, attack, allowed);
        expect(played.controlsHeld, "controls that were held").toEqual([]);
        expect(played.wrong).toEqual([]);
        if (must === "held") expect(played.held, `samples until held; allowed are ${allowed}`).not.toBeNull();
        if (must === "free") expect(played.held, "sample at which it was held").toBeNull();
        if (must === "still held") expect(played.heldAtEnd, "still held").toBe(true);
      },
      600_000,
    );
});
