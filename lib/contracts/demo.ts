import { z } from "zod";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

const name = z.string().min(1).max(200);

export const DemoFaultBody = z
  .object({
    kind: name.describe("one of the kinds that GET lists"),
    agent: name.optional().describe("an agent or provider that the fault can affect; when omitted, any healthy one"),
  })
  .meta({ id: "DemoFaultBody" });
export type DemoFaultBody = z.infer<typeof DemoFaultBody>;

/** What may be broken, and what a person broke and nobody has mended yet. What the schedule breaks is not told. */
export const DemoFaults = z
  .object({
    faults: z.array(
      z.object({ kind: z.string(), title: z.string(), description: z.string(), agents: z.array(z.string()) }),
    ),
    active: z.array(
      z.object({ id: z.string(), kind: z.string(), agent: z.string(), since: z.number().describe("epoch ms") }),
    ),
  })
  .meta({ id: "DemoFaults" });
export type DemoFaults = z.infer<typeof DemoFaults>;

export const DEMO_FAULTS = resource(PATHS.DEMO_FAULTS, {
  GET: { auth: "viewer", summary: "Demo only: faults that can be injected", response: DemoFaults },
  POST: {
    auth: "operator",
    summary: "Demo only: inject a fault into the demo",
    body: DemoFaultBody,
    response: z.object({ id: z.string(), kind: z.string(), agent: z.string() }),
    status: 201,
  },
});

export const DEMO_FAULT = resource(PATHS.DEMO_FAULT, {
  DELETE: { auth: "operator", summary: "Demo only: end a fault", params: z.object({ id: name }) },
});
