import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { DEFAULT_HOLD_LEVEL, HOLD_LEVELS } from "@/lib/core/base/hold-levels";
import {
  AGENT_STATES,
  DIRECTIVE_STATUSES,
  LIVENESS,
  MODES,
  type AgentAction,
  type AutonomyLevel,
  type BlindSpot,
  type Risk,
} from "@/lib/core/base/vocabulary";
import type { ActHours } from "@/lib/core/base/act-hours";

/** A change that a host asked for and that loosens its agent's containment. */
export interface Downgrade {
  enforcement?: false;
  type?: string;
  at: number;
  /** The key that asked. */
  keyId: string;
}

/** One row an agent. `stateVersion` grows with every move and is what a proposal is bound to. Times are epoch ms. */
export const agents = sqliteTable(
  "agents",
  {
    id: text().primaryKey(),
    type: text().notNull(),
    state: text({ enum: AGENT_STATES }).notNull().default("learning"),
    stateVersion: integer().notNull().default(0),
    stateSince: integer().notNull(),
    liveness: text({ enum: LIVENESS }).notNull().default("live"),
    paused: integer({ mode: "boolean" }).notNull().default(false),
    incidentId: text(),
    /** Whether the host runs a guard that obeys directives; null is unknown until an instance proves it. */
    enforcement: integer({ mode: "boolean" }),
    canClone: integer({ mode: "boolean" }).notNull().default(false),
    model: text(),
    provider: text(),
    promptHash: text(),
    promptVersion: text(),
    promptDynamic: integer({ mode: "boolean" }).notNull().default(false),
    toolsHash: text(),
    heldPrompts: text({ mode: "json" }).$type<string[]>().notNull().default([]),
    /** The prompt that was in use while the agent was last healthy: where a roll-back goes. */
    goodPromptHash: text(),
    /** Healthy samples seen since `promptHash` was taken up: a prompt becomes good only after some. */
    promptSamples: integer().notNull().default(0),
    /** Rungs that an instance said it cannot climb. */
    cannot: text({ mode: "json" }).$type<string[]>().notNull().default([]),
    mcpServers: text({ mode: "json" }).$type<string[]>().notNull().default([]),
    tools: text({ mode: "json" }).$type<string[]>().notNull().default([]),
    labels: text({ mode: "json" }).$type<Record<string, string>>().notNull().default({}),
    environment: text(),
    version: text(),
    sdkVersion: text(),
    keyId: text(),
    /** The version of the directive in force (0: none was ever issued). */
    directiveVersion: integer().notNull().default(0),
    eventCount: integer().notNull().default(0),
    firstSeenAt: integer().notNull(),
    lastSeenAt: integer().notNull(),
    retiredAt: integer(),
    /** Its last silence longer than the lateness limit: a backlog from that time is not taken for a slow clock. */
    awayFrom: integer(),
    awayUntil: integer(),
    /** How far the newest event of its last request was behind on arrival, in ms; negative is ahead. Null: it stated no time. */
    latenessMs: integer(),
    /** Why it cannot be judged fully right now. Empty: nothing stands in the way. */
    blindSpots: text({ mode: "json" }).$type<BlindSpot[]>().notNull().default([]),
    /** What its host asked for that would loosen its containment; in force only once a person accepts it. */
    downgrade: text({ mode: "json" }).$type<Downgrade>(),
    /** The held agent that this one continues under a new id. */
    continues: text(),
  },
  (t) => [
    index("agents_type").on(t.type),
    index("agents_state").on(t.state),
    index("agents_paused")
      .on(t.id)
      .where(sql`paused = 1`),
  ],
);

export const agentTypes = sqliteTable("agent_types", {
  type: text().primaryKey(),
  mode: text({ enum: MODES }).notNull().default("observe"),
  /** Severity from which healing waits for a human; null takes the fleet's setting. */
  threshold: integer(),
  /** Risks that may run without asking, below the threshold. */
  allows: text({ mode: "json" }).$type<Risk[]>().notNull().default(["none", "reversible"]),
  /** In mode act: when, and which actions on agents, may be taken without asking; null: always, any. */
  actHours: text({ mode: "json" }).$type<ActHours>(),
  actActions: text({ mode: "json" }).$type<AgentAction[]>(),
  /** How many healthy agents of the type must be left at work by automatic quarantine. */
  floor: integer().notNull().default(0),
  /** How a quarantine stops agents of the type, unless a person says otherwise. */
  level: text({ enum: HOLD_LEVELS }).notNull().default(DEFAULT_HOLD_LEVEL),
  createdAt: integer().notNull(),
});

/** One running process of an agent, and the directive it last said it applied. */
export const agentInstances = sqliteTable(
  "agent_instances",
  {
    agentId: text().notNull(),
    instanceId: text().notNull(),
    firstSeenAt: integer().notNull(),
    lastSeenAt: integer().notNull(),
    appliedVersion: integer(),
    appliedHash: text(),
    appliedAt: integer(),
    enforcedVersion: integer(),
    enforcedAt: integer(),
    /** When the instance itself said so, by its own clock: what it began after that is work under a hold. */
    enforcedEventAt: integer(),
    /** As for the agent. */
    awayFrom: integer(),
    awayUntil: integer(),
    latenessMs: integer(),
  },
  (t) => [primaryKey({ columns: [t.agentId, t.instanceId] }), index("agent_instances_instance").on(t.instanceId)],
);

export type Autonomy = {
  level: AutonomyLevel;
  max_model_calls: number | null;
  max_tool_calls: number | null;
  temperature: number | null;
};

/** Every desired state an agent was ever given; the one with the highest version is in force. */
export const directives = sqliteTable(
  "directives",
  {
    agentId: text().notNull(),
    version: integer().notNull(),
    hash: text().notNull(),
    status: text({ enum: DIRECTIVE_STATUSES }).notNull(),
    /** Of a quarantine; null in those from before there were levels, which drain. */
    level: text({ enum: HOLD_LEVELS }),
    handOverTo: text(),
    rollbackTo: text(),
    revokedTools: text({ mode: "json" }).$type<string[]>().notNull(),
    autonomy: text({ mode: "json" }).$type<Autonomy>().notNull(),
    memoryEpoch: integer().notNull(),
    successor: text(),
    reason: text().notNull(),
    incidentId: text(),
    createdBy: text().notNull(),
    createdAt: integer().notNull(),
    /** The action that asked for it, so that an action picked up after a crash is not issued twice. */
    actionRunId: text(),
    /** Set when every live instance held it; cleared by a breach. */
    enforcedAt: integer(),
    /** Set once, when work was reported that a hold forbids: past the in-flight time, or after the instance confirmed it. */
    breachedAt: integer(),
    /** Set once, when "not confirmed" was told to people. */
    unconfirmedAt: integer(),
  },
  (t) => [primaryKey({ columns: [t.agentId, t.version] }), uniqueIndex("directives_action_run").on(t.actionRunId)],
);
