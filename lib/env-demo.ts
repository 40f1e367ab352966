import { z } from "zod";
import { origin } from "./env-urls";

/** A week, in seconds: a demo is no service, and timers of Node end at 24 days. */
const LONGEST_S = 604_800;

/** Variables of `npm run demo`, but for its tokens. */
export const DEMO_VARIABLES = {
  SENTINEL_DEMO_CONTROL_URL: origin.describe("Demo only: URL of the fleet's fault control"),
  SENTINEL_DEMO_TARGET_URL: origin.describe("Demo only: the watched service's supervisor"),
  RUN_DURATION_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(LONGEST_S)
    .optional()
    .describe("Demo only: end after so many seconds; without it the demo runs until it is stopped"),
};
