import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { containment, type InstanceReport } from "./containment";

const i = (live: boolean, appliedVersion: number | null, enforcedVersion: number | null): InstanceReport => ({
  id: "i",
  live,
  appliedVersion,
  enforcedVersion,
});
const SENT = 1000;
const TIMEOUT = 500;

describe("containment of directive 3", () => {
  it.each<[string, InstanceReport[], string, string]>([
    ["nobody lives", [], "sent / sent, no live instance", "not_confirmed / not confirmed: no live instance"],
    [
      "silence",
      [i(true, null, null)],
      "sent / sent to 1 instance",
      "not_confirmed / not confirmed: acknowledged by 0 of 1 instance",
    ],
    [
      "an older version",
      [i(true, 2, 2)],
      "sent / sent to 1 instance",
      "not_confirmed / not confirmed: acknowledged by 0 of 1 instance",
    ],
    [
      "two of three know",
      [i(true, 3, null), i(true, 3, 2), i(true, 2, 2)],
      "acknowledged / acknowledged by 2 of 3 instances",
      "not_confirmed / not confirmed: acknowledged by 2 of 3 instances",
    ],
    [
      "all know, none enforces",
      [i(true, 3, null), i(true, 3, null)],
      "acknowledged / acknowledged by 2 of 2 instances",
      "not_confirmed / not confirmed: acknowledged by 2 of 2 instances",
    ],
    [
      "one of two enforces",
      [i(true, 3, 3), i(true, 3, null)],
      "acknowledged / enforced by 1 of 2 instances, acknowledged by 2",
      "not_confirmed / not confirmed: enforced by 1 of 2 instances, acknowledged by 2",
    ],
    [
      "all enforce",
      [i(true, 3, 3), i(true, 4, 4)],
      "enforced / enforced by 2 of 2 instances",
      "enforced / enforced by 2 of 2 instances",
    ],
    [
      "a guard's word includes the receipt",
      [i(true, null, 3)],
      "enforced / enforced by 1 of 1 instance",
      "enforced / enforced by 1 of 1 instance",
    ],
    [
      "the dead do not count",
      [i(true, 3, 3), i(false, 2, 2)],
      "enforced / enforced by 1 of 1 instance",
      "enforced / enforced by 1 of 1 instance",
    ],
    [
      "the dead prove nothing",
      [i(false, 3, 3)],
      "sent / sent, no live instance",
      "not_confirmed / not confirmed: no live instance",
    ],
  ])("%s", (_, instances, before, after) => {
    const at = (now: number) => {
      const { state, text } = containment({ version: 3, sentAt: SENT, enforcement: true }, instances, now, TIMEOUT);
      return `${state} / ${text}`;
    };
    expect(at(SENT + TIMEOUT - 1)).toBe(before);
    expect(at(SENT + TIMEOUT)).toBe(after);
  });

  it.each<[string, InstanceReport[], string]>([
    [
      "an instance that was told and fell silent",
      [i(true, 3, 3), { ...i(false, null, null), lost: true }],
      "not confirmed: enforced by 1 of 1 instance, acknowledged by 1; 1 instance fell silent without confirming",
    ],
    [
      "instances that fell silent, with nobody left",
      [
        { ...i(false, 3, null), lost: true },
        { ...i(false, 2, 2), lost: true },
      ],
      "not confirmed: no live instance; 2 instances fell silent without confirming",
    ],
  ])("is not confirmed while there is %s", (_, instances, text) => {
    const d = { version: 3, sentAt: SENT, enforcement: true };
    expect(containment(d, instances, SENT, TIMEOUT)).toMatchObject({ state: "not_confirmed", text });
  });

  it("minds no instance that confirmed before it fell silent, nor one that is back", () => {
    const d = { version: 3, sentAt: SENT, enforcement: true };
    const gone = { ...i(false, 3, 3), lost: true };
    const back = { ...i(true, 3, 3), lost: true };
    expect(containment(d, [i(true, 3, 3), gone, back], SENT, TIMEOUT).text).toBe("enforced by 2 of 2 instances");
  });

  it("loses what was confirmed once forbidden work is reported", () => {
    const d = { version: 3, sentAt: SENT, enforcement: true, breached: true };
    expect(containment(d, [i(true, 3, 3)], SENT, TIMEOUT)).toMatchObject({ state: "not_confirmed", enforced: 1 });
  });

  it("cannot be more than observed where the host cannot enforce", () => {
    const d = { version: 3, sentAt: SENT, enforcement: false };
    expect(containment(d, [i(true, 3, 3)], SENT, TIMEOUT)).toMatchObject({ state: "observe_only", acknowledged: 1 });
  });

  it("is none before anything was sent", () => {
    expect(containment({ version: 0, sentAt: 0, enforcement: null }, [i(true, 0, 0)], SENT, TIMEOUT).state).toBe(
      "none",
    );
  });

  it("is enforced if and only if somebody lives and every living guard says so", () => {
    const version = fc.option(fc.integer({ min: 0, max: 5 }));
    const instance = fc.record({
      id: fc.string(),
      live: fc.boolean(),
      appliedVersion: version,
      enforcedVersion: version,
    });
    fc.assert(
      fc.property(
        fc.array(instance, { maxLength: 6 }),
        fc.option(fc.constant(true)),
        fc.nat(2000),
        (list, enforcement, now) => {
          const c = containment({ version: 3, sentAt: SENT, enforcement }, list, now, TIMEOUT);
          const living = list.filter((x) => x.live);
          const all = living.length > 0 && living.every((x) => x.enforcedVersion !== null && x.enforcedVersion >= 3);
          expect(c.state === "enforced").toBe(all);
          expect(c.enforced).toBeLessThanOrEqual(c.acknowledged);
          expect(c.acknowledged).toBeLessThanOrEqual(c.live);
        },
      ),
    );
  });
});
