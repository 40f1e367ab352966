import { expect, it } from "vitest";
import { callSiteOf } from "./call-site";

it.each([
  ["INFO o.s.OrderService#147 [create][Order placed]", "o.s.OrderService#147"],
  ["2026-01-01T00:00:00Z WARN server/main.go:81: slow request", "server/main.go:81"],
  ["[worker-1] com.acme.Billing:33 - charged", "com.acme.Billing:33"],
  ["ERROR o.a.c.c.C.[.[.[.[dispatcherServlet]#175 Servlet.service() threw", "o.a.c.c.C.[.[.[.[dispatcherServlet]#175"],
  ["connected to db.internal:5432", null],
  ["GET /orders/12 200", null],
  ["order #12 placed", null],
  ["", null],
])("reads the call site of %j as %j", (line, site) => {
  expect(callSiteOf(line)).toBe(site);
});

it("looks at the head of a line only, in time that does not grow with it", () => {
  expect(callSiteOf(`${"a.".repeat(100_000)} x.Y#1`)).toBeNull();
});
