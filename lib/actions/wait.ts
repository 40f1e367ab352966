import { agentAction } from "./action";
import { notify } from "./notify";

/** Changes nothing, and notifies nobody. */
export const wait = agentAction({
  ...notify,
  label: "Wait",
  expected: "Nothing is changed; vitals are monitored until the agent's dependency recovers.",
});
