import type { z } from "zod";
import type { AgentTypePatch } from "@/lib/contracts/agent-types";
import type { FleetSettings, FleetSettingsPatch } from "@/lib/contracts/overview";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findSettingsChange, findType, loadSettings, saveSettings, saveType } from "@/lib/db/queries/settings";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "./actor";
import { wake } from "@/lib/wake";

/** Changes the fleet's settings. Throws `conflict` when somebody changed them at the same moment. */
export async function changeSettings(
  db: Db,
  patch: FleetSettingsPatch,
  by: Actor,
  now: number,
): Promise<FleetSettings> {
  const [before, changed] = await Promise.all([loadSettings(db), findSettingsChange(db)]);
  const after = { ...before, ...patch, limits: { ...before.limits, ...patch.limits } };
  const stop = after.global_stop === before.global_stop ? null : after.global_stop;
  const won = await commit(db, {
    claims: [saveSettings(after, changed, now, by.name)],
    events: [
      {
        at: now,
        type: "settings.changed",
        text: `${by.name} changed the settings`,
        data: { before: pick(before, patch), after: patch, by: by.id },
      },
      ...(stop === null
        ? []
        : [
            {
              at: now,
              type: stop ? ("stop.on" as const) : ("stop.off" as const),
              text: stop
                ? `Global stop: ${by.name} stopped all automatic actions`
                : `${by.name} lifted the global stop`,
              data: { by: by.id, page: true },
            },
          ]),
    ],
  });
  if (!won)
    throw new SentinelError("conflict", { detail: "The settings were changed by somebody else at the same time" });
  wake("agents");
  return after;
}

const pick = (value: FleetSettings, keys: object) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key in keys));

/** Changes how a type is treated. Throws not_found for a type that no agent ever had. */
export async function changeType(db: Db, type: string, patch: z.infer<typeof AgentTypePatch>, by: Actor, now: number) {
  const row = await findType(db, type);
  const { act_hours: actHours, act_actions: actActions, ...rest } = patch;
  const set = {
    ...rest,
    ...(actHours === undefined ? {} : { actHours }),
    ...(actActions === undefined ? {} : { actActions }),
  };
  if (!row) throw new SentinelError("not_found", { detail: "Agent type not found" });
  await commit(db, {
    claims: [saveType(db, type, set)],
    events: [
      {
        at: now,
        type: "type.changed",
        text: `${by.name} changed the settings for ${type} agents`,
        data: {
          type,
          before: {
            mode: row.mode,
            threshold: row.threshold,
            allows: row.allows,
            floor: row.floor,
            level: row.level,
            act_hours: row.actHours,
            act_actions: row.actActions,
          },
          after: patch,
          by: by.id,
        },
      },
    ],
  });
  wake("agents");
  return { ...row, ...set };
}
