import type { RollbackSpec } from "./entry";
import type { Occasion, OperationPorts, Performed, Prepared } from "./operation";

const UNBUILT: Performed = { ok: false, detail: "pull requests cannot be opened yet", result: {} };

export const planRollback = (_p: Prepared, _s: RollbackSpec, _ports: OperationPorts): Promise<Performed> =>
  Promise.resolve(UNBUILT);

export const openRollback = (
  _p: Prepared,
  _s: RollbackSpec,
  _ports: OperationPorts,
  _how: { idempotencyKey: string; occasion: Occasion | null },
): Promise<Performed> => Promise.resolve(UNBUILT);
