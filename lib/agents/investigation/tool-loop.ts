import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import type { ModelRole } from "../models";
import { type Evidence, mergeEvidence, noEvidence } from "./evidence";
import type { By } from "./desk";
import type { SpecialistName } from "./ports";
import type { InvestigationContext } from "./context";
import type { Tool } from "./tools";

/** Answers of a model within one specialist's work: it asks, reads, asks again, ends. */
const MAX_ROUNDS = 3;
/** Calls of one answer that are made; a model that wants more has stopped thinking. */
const MAX_CALLS_A_ROUND = 4;

export interface ToolLoopResult {
  evidence: Evidence;
  /** Models that asked for something that was read. */
  authors: string[];
  /** Readings that were made for them. */
  readings: number;
}

/**
 * Lets a role's model read further with a specialist's tools. What it reads becomes evidence like any other; what it says
 * here is not kept, so nothing but readings can come of it. Ends when the model asks for nothing, repeats itself, or
 * nobody answers, and after a few rounds at the latest.
 */
export async function runToolLoop(
  ctx: InvestigationContext,
  q: { node: SpecialistName; role: ModelRole; system: string; data: string; tools: Tool[] },
): Promise<ToolLoopResult> {
  const byName = new Map(q.tools.map((tool) => [tool.spec.function.name, tool]));
  const specs = q.tools.map(({ spec }) => spec);
  const messages: BaseMessage[] = [new SystemMessage(q.system), new HumanMessage(q.data)];
  const dug = { evidence: noEvidence(), authors: new Set<string>(), readings: 0 };

  for (let round = 0; round < MAX_ROUNDS; round++) {
    const answer = await ctx.asker.ask({
      node: q.node,
      role: q.role,
      messages,
      tools: specs,
      signal: ctx.investigator.signal,
    });
    if (answer.kind === "silent") break;
    const by: By = { node: q.node, author: answer.author };
    const { calls, broken, text } = answer.reply;
    for (const { name, why } of broken)
      await ctx.desk.note(by, `refused a call that cannot be read: ${why}`, {
        args: { asked: name.slice(0, 100) },
        ok: false,
      });
    if (calls.length === 0 && broken.length === 0) break;

    const ids = calls.map((_, i) => `call_${round}_${i}`);
    messages.push(new AIMessage({ content: text.slice(0, 1_000), tool_calls: calls.map(({ name, args }, i) => ({ id: ids[i], name, args, type: "tool_call" as const })) })); // prettier-ignore
    let fresh = 0;
    for (const [i, { name, args }] of calls.entries()) {
      const tool = byName.get(name);
      let told = "Refused: too many calls at once.";
      if (tool === undefined) {
        told = "Refused: there is no such tool here.";
        await ctx.desk.note(by, "refused: not a tool of this specialist", { args: { asked: name.slice(0, 100) }, ok: false }); // prettier-ignore
      } else if (i < MAX_CALLS_A_ROUND) {
        const result = await tool.run(args, by);
        told = result.text;
        if (result.evidence !== undefined) {
          fresh++;
          dug.authors.add(answer.author);
          dug.evidence = mergeEvidence(dug.evidence, result.evidence);
        }
      }
      messages.push(new ToolMessage({ tool_call_id: ids[i]!, content: told }));
    }
    dug.readings += fresh;
    if (broken.length > 0) messages.push(new HumanMessage("A call could not be read: its arguments were not a JSON object.")); // prettier-ignore
    if (fresh === 0 && broken.length === 0) break;
  }
  return { ...dug, authors: [...dug.authors] };
}
