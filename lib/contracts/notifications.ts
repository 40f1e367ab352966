import { z } from "zod";
import { WEEKDAYS, TIME_OF_DAY } from "@/lib/core/base/act-hours";
import { isZone } from "@/lib/core/base/time-zone";
import { CHANNEL_KINDS, NOTIFICATION_STATES, PURPOSES } from "@/lib/core/notify/notification";
import { DEFAULT_RULES } from "@/lib/core/notify/routing";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

/** A channel of a chat with hundreds of types is one for everything. */
const NAMES_MAX = 100;
const RECIPIENTS_MAX = 50;
/** A page that waits for more than a day is of no use. */
const AFTER_MAX_MIN = 24 * 60;

const name = z.string().trim().min(1).max(100);
const severity = z.number().min(0).max(10);
const names = z.array(z.string().min(1).max(200)).min(1).max(NAMES_MAX).nullable();

const RULES = {
  min_severity: severity.describe("of the incident; what has none always passes; default 0"),
  tell: z
    .array(z.enum(["acknowledged", "resolved"]))
    .max(2)
    .describe("besides pages; default both"),
  agent_types: names.describe("null, the default: all"),
  services: names.describe("null, the default: all; with both set, either is enough"),
  after_minutes: z
    .int()
    .min(0)
    .max(AFTER_MAX_MIN)
    .describe("escalation: a page waits this long, and is dropped if somebody answers meanwhile; default 0"),
  quiet: z
    .strictObject({
      days: z.array(z.enum(WEEKDAYS)).min(1).max(7),
      from: z.string().regex(TIME_OF_DAY, "must be HH:MM"),
      until: z.string().regex(TIME_OF_DAY, "must be HH:MM"),
      time_zone: z.string().refine(isZone, "must be an IANA time zone, such as Europe/Berlin"),
    })
    .nullable()
    .describe("quiet hours, during which pages below `quiet_below` wait; default null"),
  quiet_below: severity.describe("default 7"),
};
const ChannelRules = z.strictObject(RULES).meta({ id: "NotificationRules" });
const NewRules = z
  .strictObject({
    min_severity: RULES.min_severity.default(DEFAULT_RULES.min_severity),
    tell: RULES.tell.default(DEFAULT_RULES.tell),
    agent_types: RULES.agent_types.default(DEFAULT_RULES.agent_types),
    services: RULES.services.default(DEFAULT_RULES.services),
    after_minutes: RULES.after_minutes.default(DEFAULT_RULES.after_minutes),
    quiet: RULES.quiet.default(DEFAULT_RULES.quiet),
    quiet_below: RULES.quiet_below.default(DEFAULT_RULES.quiet_below),
  })
  .meta({ id: "NewNotificationRules" });

const httpUrl = z.url({ protocol: /^https?$/ }).max(2_000);
/** Where something is appended. */
const baseUrl = httpUrl.transform((value) => value.replace(/(?<!\/)\/+$/, ""));
const credential = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^[\x21-\x7E]+$/, "must be printable ASCII without spaces");

/** The fields of each kind of channel. */
const ChannelSetup = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("slack"), url: httpUrl }),
    z.strictObject({
      kind: z.literal("slack_app"),
      token: z.string().trim().max(500).regex(/^xoxb-[A-Za-z0-9-]{10,}$/, "must be a bot token: xoxb-…"),
      channel: z.string().trim().regex(/^[CGD][A-Z0-9]{5,30}$/, "must be a channel's ID, such as C0123456789"),
      signing_secret: z.string().trim().regex(/^[0-9a-f]{32}$/, "must be the signing secret of the app: 32 hexadecimal digits"),
    }), // prettier-ignore
    z.strictObject({ kind: z.literal("teams"), url: httpUrl }),
    z.strictObject({ kind: z.literal("discord"), url: httpUrl }),
    z.strictObject({
      kind: z.literal("pagerduty"),
      routing_key: credential,
      url: baseUrl.optional().describe("of another region; default https://events.pagerduty.com"),
    }),
    z.strictObject({ kind: z.literal("alertmanager"), url: baseUrl, token: credential.optional() }),
    z.strictObject({ kind: z.literal("email"), to: z.array(z.email().max(254)).min(1).max(RECIPIENTS_MAX) }),
    z.strictObject({
      kind: z.literal("ntfy"),
      url: httpUrl.refine((value) => URL.canParse(value) && /^\/[\w-]{1,64}$/.test(new URL(value).pathname), "must end in one topic, such as https://ntfy.sh/my-topic"), // prettier-ignore
      token: credential.optional(),
    }),
    z.strictObject({
      kind: z.literal("webhook"),
      url: httpUrl,
      secret: z.string().regex(/^whsec_[A-Za-z0-9+/=]{32,100}$/, "must be a Standard Webhooks secret: whsec_ and 24 to 75 bytes in Base64"), // prettier-ignore
    }),
  ])
  .meta({ id: "NotificationChannelSetup" });
export type ChannelSetup = z.infer<typeof ChannelSetup>;

export const ChannelView = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(CHANNEL_KINDS),
    destination: z.string().describe("host or recipients; addresses with secrets in them are never shown"),
    rules: ChannelRules,
    enabled: z.boolean(),
    created_at: z.int().describe("epoch ms"),
    created_by: z.string(),
    last_sent_at: z.int().nullable(),
    last_error: z.string().nullable(),
    last_error_at: z.int().nullable(),
    retry_at: z.int().nullable().describe("while it fails: when it is tried again"),
  })
  .meta({ id: "NotificationChannel" });
export type ChannelView = z.infer<typeof ChannelView>;

export const ChannelsAnswer = z
  .object({
    channels: z.array(ChannelView),
    mail: z.boolean().describe("a mail server is configured (SMTP_URL)"),
    links: z.boolean().describe("messages have links, because SENTINEL_URL is set"),
  })
  .meta({ id: "NotificationChannels" });
export type ChannelsAnswer = z.infer<typeof ChannelsAnswer>;

export const NewChannelBody = z
  .strictObject({ name, setup: ChannelSetup, rules: NewRules.prefault({}) })
  .meta({ id: "NewNotificationChannelBody" });
export type NewChannelBody = z.input<typeof NewChannelBody>;

export const ChannelPatch = z
  .strictObject({
    name: name.optional(),
    setup: ChannelSetup.optional().describe("replaces the old one; the kind cannot change"),
    rules: ChannelRules.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: "NotificationChannelPatch" });
export type ChannelPatch = z.output<typeof ChannelPatch>;

export const NotificationView = z
  .object({
    id: z.string(),
    channel_id: z.string(),
    channel: z
      .object({ name: z.string(), kind: z.enum(CHANNEL_KINDS) })
      .nullable()
      .describe("null: deleted since"),
    purpose: z.enum(PURPOSES),
    title: z.string(),
    text: z.string(),
    incident_id: z.string().nullable(),
    state: z.enum(NOTIFICATION_STATES),
    attempts: z.int(),
    created_at: z.int().describe("epoch ms"),
    due_at: z.int(),
    sent_at: z.int().nullable(),
    error: z.string().nullable().describe("why the last attempt failed, or why it was not sent"),
  })
  .meta({ id: "NotificationMessage" });
export type NotificationView = z.infer<typeof NotificationView>;

export const NotificationsAnswer = z
  .object({ notifications: z.array(NotificationView) })
  .meta({ id: "NotificationLog" });
export type NotificationsAnswer = z.infer<typeof NotificationsAnswer>;

const ChannelParams = z.object({ id: z.string().min(1).max(100) });

export const CHANNELS = resource(PATHS.CHANNELS, {
  GET: { auth: "viewer", summary: "Notification channels, and how each last did", response: ChannelsAnswer },
  POST: {
    auth: "admin",
    summary: "Create a notification channel",
    body: NewChannelBody,
    response: ChannelView,
    status: 201,
  },
});
export const CHANNEL = resource(PATHS.CHANNEL, {
  PATCH: {
    auth: "admin",
    summary: "Change a channel; fields that are left out stay",
    params: ChannelParams,
    body: ChannelPatch,
    response: ChannelView,
  },
  DELETE: { auth: "admin", summary: "Delete a channel and what it was still to be told", params: ChannelParams },
});
export const CHANNEL_TEST = resource(PATHS.CHANNEL_TEST, {
  POST: {
    auth: "operator",
    summary: "Send a test message to a channel; its delivery is in the log",
    params: ChannelParams,
    response: NotificationView,
    status: 202,
  },
});
export const NOTIFICATIONS = resource(PATHS.NOTIFICATIONS, {
  GET: {
    auth: "viewer",
    summary: "The delivery log, newest first",
    query: z.object({
      channel: z.string().min(1).max(100).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    response: NotificationsAnswer,
  },
});
export const NOTIFICATION_RESEND = resource(PATHS.NOTIFICATION_RESEND, {
  POST: {
    auth: "operator",
    summary: "Send a message again that failed or was skipped",
    params: ChannelParams,
    response: NotificationView,
    status: 202,
  },
});
