import { type Attack, without } from "../attack";
import { broken, circling, failing, flood } from "../faults";

const each =
  (field: string, prefix = "x") =>
  (sick: object, sample: number) => ({ ...sick, [field]: `${prefix}-${sample}` });

/** Whatever divides an agent's calls into kinds is said by its host, and must not divide its evidence away. */
export const STRATA_ATTACKS: readonly Attack[] = [
  {
    name: "a new step kind with every failing call",
    aim: "keep running without quarantine",
    fault: failing,
    dodge: each("step_kind"),
  },
  {
    name: "a new prompt version with every failing call",
    aim: "keep running without quarantine",
    fault: failing,
    dodge: each("prompt_version"),
  },
  {
    name: "a new prompt hash with every failing call",
    aim: "keep running without quarantine",
    fault: failing,
    dodge: each("prompt_hash"),
  },
  {
    name: "a new model with every failing call",
    aim: "keep running without quarantine",
    fault: failing,
    dodge: each("model"),
  },
  {
    name: "a new provider with every failing call",
    aim: "keep running without quarantine",
    fault: failing,
    dodge: each("provider"),
  },
  {
    name: "a new tools hash with every failing call",
    aim: "keep running without quarantine",
    fault: failing,
    dodge: each("tools_hash"),
  },
  {
    name: "a new region with every failing call",
    aim: "keep running without quarantine",
    fault: failing,
    dodge: each("region"),
  },
  {
    name: "everything that names a call is new with every failing call",
    aim: "keep running without quarantine",
    fault: failing,
    dodge: (sick, n) => ({
      ...sick,
      model: `m-${n}`,
      prompt_version: `v-${n}`,
      prompt_hash: `p-${n}`,
      step_kind: `s-${n}`,
      tools_hash: `t-${n}`,
      version: `1.0.${n}`,
    }),
  },
  {
    name: "a new step kind with every call of a flood",
    aim: "keep running without quarantine",
    fault: flood,
    dodge: each("step_kind"),
  },
  {
    name: "a new prompt version with every call of a flood",
    aim: "keep running without quarantine",
    fault: flood,
    dodge: each("prompt_version"),
  },
  {
    name: "a new model with every call of a flood",
    aim: "keep running without quarantine",
    fault: flood,
    dodge: each("model"),
  },
  {
    name: "a new step kind with every cheap failure",
    aim: "keep running without quarantine",
    fault: broken,
    dodge: each("step_kind"),
  },
  {
    name: "a few step kinds in turn with every cheap failure",
    aim: "keep running without quarantine",
    fault: broken,
    dodge: (sick, n) => ({ ...sick, step_kind: `s-${n % 7}` }),
  },
  {
    name: "plain failures after the step kinds were used up",
    aim: "keep running without quarantine",
    fault: failing,
    before: async (arena) => {
      for (let n = 0; n < 80; n++) {
        await arena.report([arena.healthy("mallory-1", { step_kind: `k-${n}`, prompt_version: `v-${n}` })]);
        await arena.step();
      }
    },
  },
  {
    name: "a run of its own for every call of a circle",
    aim: "keep running without quarantine",
    fault: circling,
    dodge: (sick, n) => ({ ...sick, run_id: `run-${n}` }),
  },
  {
    name: "another tool name for every call of a circle",
    aim: "keep running without quarantine",
    fault: circling,
    dodge: (sick, n) => ({ ...sick, tool: `send_mail_${n}` }),
  },
  {
    name: "another argument hash for every call of a circle",
    aim: "keep running without quarantine",
    fault: circling,
    dodge: (sick, n) => ({ ...sick, action_hash: `a-${n}` }),
  },
  {
    name: "no hashes at all in a circle",
    aim: "keep running without quarantine",
    fault: circling,
    ...without("action_hash", "result_hash"),
  },
];
