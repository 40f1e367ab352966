import { z } from "zod";
import { askJson } from "../ask-json";
import { bundleOf } from "../evidence";
import { groundClaims } from "../grounding";
import { skepticPrompt } from "../prompts";
import { doubt } from "../refute";
import type { InvestigationContext } from "../context";
import type { InvestigationState, Refutation, Update } from "../state";
import { shownFindings, shownHypotheses } from "./synthesis";

const Doubts = z.object({
  doubts: z.array(z.object({ text: z.string(), cites: z.array(z.string()).max(10) })).max(5),
});

/** Tries to refute the first hypothesis, by rules; a model may add doubts that cite findings. */
export const skeptic =
  (ctx: InvestigationContext) =>
  async (state: InvestigationState): Promise<Update> => {
    const analysis = { ...state.analysis!, findings: state.findings };
    const bundle = bundleOf(ctx.investigator.case, state.evidence);
    const { hypotheses, skepticism } = doubt(bundle, analysis, state.hypotheses, state.blind);
    if (skepticism === null) return { reports: [{ node: "skeptic", text: "There is nothing to refute.", author: "local" }] }; // prettier-ignore
    const said = ctx.asker.has("analysis")
      ? await askJson(ctx, {
          node: "skeptic",
          role: "analysis",
          system: skepticPrompt(ctx.prompts),
          data: `${shownHypotheses(ctx, hypotheses.slice(0, 2))}\n${shownFindings(ctx, state.findings)}`,
          form: Doubts,
        })
      : null;
    const { kept, removed } = groundClaims(said?.value.doubts ?? [], analysis, said?.author ?? "local");
    const doubts = kept.map(({ text, cites }) => `${text} [${cites.join(", ")}]`);
    const seen = skepticism.refutations.filter(({ result }) => result === "seen");
    const text = [
      seen.length === 0 ? "Nothing that was examined refutes the first hypothesis." : `Against the first hypothesis: ${seen.map(sentence).join("; ")}.`, // prettier-ignore
      skepticism.swapped ? "The alternative ranks first now." : "",
      ...doubts,
    ];
    return {
      hypotheses,
      skeptic: skepticism,
      removed,
      ...(doubts.length > 0 && { authors: { skeptic: said!.author } }),
      reports: [{ node: "skeptic", text: ctx.screen.plain(text.filter((t) => t !== "").join(" ")), author: doubts.length > 0 ? said!.author : "local" }], // prettier-ignore
    };
  };

const sentence = ({ wouldSee, because }: Refutation) => `${wouldSee} (${because})`;
