import { z } from "zod";
import { TIME_OF_DAY, WEEKDAYS } from "@/lib/core/base/act-hours";
import { HOLD_LEVELS } from "@/lib/core/base/hold-levels";
import { isZone } from "@/lib/core/base/time-zone";
import { AGENT_ACTIONS, MODES, RISKS } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { looksLike } from "./plain-text";

const isSet = (list: readonly string[]) => new Set(list).size === list.length;
const time = z.string().regex(TIME_OF_DAY, "must be a time of day from 00:00 to 23:59, such as 09:00");

export const ActHoursBody = z
  .strictObject({
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1, "at least one day is required; null lets it act at any time")
      .refine(isSet, "must name each day once"),
    from: time,
    until: time.describe("if not later than `from`, it is on the next day"),
    time_zone: z.string().min(1).max(64).refine(isZone, "must be an IANA time zone, such as Europe/Berlin"),
  })
  .meta({ id: "ActHours" });

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** How right the holds were that Sentinel would have issued in `observe` and `recommend`, by what people said of them. */
export const WouldHaveView = z
  .object({
    right: count,
    wrong: count,
    unlabelled: count.describe("would-have quarantines that nobody has labelled right or wrong"),
    precision: z
      .object({ share, low: share, high: share })
      .nullable()
      .describe("precision: share labelled right, with its 95 % Wilson interval; null: none is labelled"),
    ready: z.boolean().describe("the lower end of the interval is high enough for act mode to be offered"),
    needed: count.describe("how many more labels, all of them right, are needed before it is"),
  })
  .meta({ id: "WouldHave" });
export type WouldHaveView = z.infer<typeof WouldHaveView>;

export const AgentTypeSettings = z
  .object({
    type: z.string(),
    looks_like: looksLike,
    mode: z.enum(MODES),
    threshold: z.number().min(0).max(10.1).nullable().describe("null uses the fleet's setting"),
    allows: z.array(z.enum(RISKS)),
    floor: z
      .int()
      .min(0)
      .max(100_000)
      .describe(
        "no automatic quarantine that would leave fewer healthy agents of the type than this; a person can still quarantine",
      ),
    level: z
      .enum(HOLD_LEVELS)
      .describe("how a quarantine stops agents of the type, unless a person chooses another level"),
    act_hours: ActHoursBody.nullable().describe(
      "hours in which act mode acts, in local time of the time zone; outside them it behaves like recommend mode. null: at any time",
    ),
    act_actions: z
      .array(z.enum(AGENT_ACTIONS))
      .refine(isSet, "must name each action once")
      .nullable()
      .describe("healing actions that may run without approval in act mode; null: all that `allows` permits"),
    agents: z.int(),
    would_have: WouldHaveView,
  })
  .meta({ id: "AgentTypeSettings" });
export type AgentTypeSettings = z.infer<typeof AgentTypeSettings>;
export const AgentTypePatch = AgentTypeSettings.pick({
  mode: true,
  threshold: true,
  allows: true,
  floor: true,
  act_hours: true,
  act_actions: true,
  level: true,
})
  .partial()
  .meta({ id: "AgentTypePatch" });
export type AgentTypePatch = z.infer<typeof AgentTypePatch>;

export const AgentTypesAnswer = z.object({ types: z.array(AgentTypeSettings) }).meta({ id: "AgentTypesAnswer" });

export const AGENT_TYPES = resource(PATHS.AGENT_TYPES, {
  GET: { auth: "viewer", summary: "Settings of each agent type", response: AgentTypesAnswer },
});

export const AGENT_TYPE = resource(PATHS.AGENT_TYPE, {
  PATCH: {
    auth: "admin",
    summary: "Changes the settings of an agent type",
    params: z.object({ type: z.string().min(1).max(200) }),
    body: AgentTypePatch,
    response: AgentTypesAnswer,
  },
});
