import { AIMessage, type BaseMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import type { z } from "zod";
import { firstObject } from "../first-object";
import type { ModelRole } from "../models";
import type { InvestigationContext } from "./context";
import type { SpecialistName } from "./ports";

/** A second chance for an answer in the wrong form; a third has never been the one. */
const ATTEMPTS = 2;

/** Asks a role's model for one JSON object. Null when nobody answers in that form; the trajectory says why. */
export async function askJson<T>(
  ctx: InvestigationContext,
  q: { node: SpecialistName; role: ModelRole; system: string; data: string; form: z.ZodType<T> },
): Promise<{ value: T; author: string } | null> {
  const messages: BaseMessage[] = [new SystemMessage(q.system), new HumanMessage(q.data)];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await ctx.asker.ask({ node: q.node, role: q.role, messages, signal: ctx.investigator.signal });
    if (answer.kind === "silent") return null;
    const { text, calls } = answer.reply;
    const parsed = q.form.safeParse(firstObject(text));
    if (parsed.success) return { value: parsed.data, author: answer.author };
    const by = { node: q.node, author: answer.author };
    await ctx.desk.note(by, "its answer did not have the requested format and was ignored", {
      ok: false,
      args: calls.length > 0 ? { asked: calls.map(({ name }) => name.slice(0, 100)) } : null,
    });
    messages.push(new AIMessage(text.slice(0, 500)), new HumanMessage("That was not the JSON object asked for."));
  }
  return null;
}
