import type { ConfidenceFit } from "@/lib/core/causes/confidence";
import type { KnownCauses } from "@/lib/core/causes/analyse";
import type { Analysis, Bundle } from "@/lib/core/evidence/bundle";
import type { Asker } from "../asker";
import type { Budget } from "../budget";
import type { Desk } from "./desk";
import type { Investigator, SpecialistName } from "./ports";
import type { PromptChoice } from "./prompt-variants";
import type { Screen } from "./screen";

/** What every node of the graph works with; one per investigation. */
export interface InvestigationContext {
  investigator: Investigator;
  desk: Desk;
  asker: Asker<SpecialistName>;
  screen: Screen;
  budget: Budget;
  /** What confidences of first causes have been worth; empty: they stay as the analysis gives them. */
  fit: ConfidenceFit;
  prompts: PromptChoice;
  analyse: (bundle: Bundle, known: Pick<KnownCauses, "similar" | "alerts">) => Analysis;
}
