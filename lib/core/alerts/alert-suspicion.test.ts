import { describe, expect, test } from "vitest";
import { type AlertSign, suspectsByAlerts } from "./alert-suspicion";

const at = (node: string, ...names: string[]): AlertSign[] => names.map((name) => ({ node, name }));
const first = (firing: AlertSign[], past: AlertSign[][] = []) => suspectsByAlerts(firing, past)[0]?.node;

describe("suspects by alerts", () => {
  test("no alerts, no suspects", () => expect(suspectsByAlerts([], [at("api", "Slow")])).toEqual([]));

  test.each([
    ["without a past, a rare alert of one node weighs more than one that all share", [...at("api", "Slow"), ...at("web", "Slow"), ...at("db", "Disk full")], [], "db"], // prettier-ignore
    ["what only one of two replicas shows is its own", [...at("api-0", "Slow", "Errors"), ...at("api-1", "Slow", "Errors"), ...at("cart-0", "CPU"), ...at("cart-1", "Slow")], [], "cart-0"], // prettier-ignore
    ["what fires in every incident says nothing, however much of it there is", [...at("web", "A", "B", "C"), ...at("db", "X")], Array.from({ length: 20 }, () => at("web", "A", "B", "C")), "db"], // prettier-ignore
    ["a name that is usual elsewhere is not usual here", [...at("web", "CPU"), ...at("db", "CPU")], Array.from({ length: 20 }, () => at("web", "CPU")), "db"], // prettier-ignore
  ] as const)("%s", (_, firing, past, node) => expect(first([...firing], past.map((one) => [...one]))).toBe(node)); // prettier-ignore

  test("alerts that always come together weigh the root of their number, independent ones their sum", () => {
    const names = ["A", "B", "C", "D"];
    const together = [at("n", ...names), ...Array.from({ length: 15 }, () => [])];
    const apart = [...names.map((name) => at("n", name)), ...Array.from({ length: 12 }, () => [])];
    const surprise = -Math.log((1 + 1 / 2) / 17);
    expect(suspectsByAlerts(at("n", ...names), together)[0]!.score).toBeCloseTo(2 * surprise, 9);
    expect(suspectsByAlerts(at("n", ...names), apart)[0]!.score).toBeCloseTo(4 * surprise, 9);
  });

  test("doubles count once, and neither order nor names of nodes matter", () => {
    const firing = [...at("b", "X", "Y"), ...at("a", "X")];
    const once = suspectsByAlerts(firing, [at("a", "X")]);
    expect(suspectsByAlerts([...firing, ...firing].toReversed(), [at("a", "X")])).toEqual(once);
    expect(once.map(({ node }) => node)).toEqual(["b", "a"]);
    expect(once[0]!.names[0]).toBe("Y");
  });
});
