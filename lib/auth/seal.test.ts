import { expect, it } from "vitest";
import { seal, unseal } from "./seal";

const SECRET = "a-secret-of-at-least-thirty-two-characters";

it("opens what it sealed, and nothing of it can be read", () => {
  const sealed = seal("https://hooks.example/T0/B0/päss", SECRET, "a");
  expect(unseal(sealed, SECRET, "a")).toBe("https://hooks.example/T0/B0/päss");
  expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain("hooks");
  expect(seal("https://hooks.example/T0/B0/päss", SECRET, "a")).not.toBe(sealed);
});

it.each([
  ["another secret", (sealed: string) => unseal(sealed, `${SECRET}!`, "a")],
  ["another purpose", (sealed: string) => unseal(sealed, SECRET, "b")],
  [
    "a changed text",
    (sealed: string) => unseal(sealed.slice(0, -2) + (sealed.endsWith("AA") ? "BB" : "AA"), SECRET, "a"),
  ],
  ["a short text", (sealed: string) => unseal(sealed.slice(0, 20), SECRET, "a")],
  ["nothing", () => unseal("", SECRET, "a")],
])("gives nothing for %s", (_name, open) => {
  expect(open(seal("text", SECRET, "a"))).toBeNull();
});
