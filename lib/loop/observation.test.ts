import { expect, it } from "vitest";
import type { AgentEvent } from "@/lib/contracts/event";
import type { StoredEvent } from "@/lib/db/queries/events";
import { observationOf } from "./observation";

const errorOf = (body: Partial<AgentEvent>) =>
  observationOf({ seq: 1, at: 0, receivedAt: 0, kind: "model_call", runId: null, late: false, agentId: "a", body } as StoredEvent, true, 0)
    .values.error; // prettier-ignore

it.each<[Partial<AgentEvent>, number | undefined]>([
  [{ success: true }, 0],
  [{ success: false }, 1],
  [{ error_type: "timeout" }, 1],
  [{ http_status: 500 }, 1],
  [{ http_status: 200 }, 0],
  [{ success: true, http_status: 503 }, 1],
  [{ success: true, error_type: "recovered" }, 0],
  [{ success: false, http_status: 200 }, 1],
  [{ latency_ms: 5 }, undefined],
])("of %j the failure is %s", (body, error) => expect(errorOf(body)).toBe(error));
