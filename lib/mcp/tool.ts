import type { z } from "zod";
import type { TokenPerson } from "@/lib/auth/api-tokens";
import type { TokenRole, TokenScope } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";

/** On whose behalf a tool runs, and in which world. */
export interface Asker {
  db: Db;
  user: TokenPerson;
  /** Epoch ms at which the request arrived. */
  now: number;
  /** Where people reach the console, for links: `https://sentinel.example`. */
  origin: string;
  requestId: string;
  /** Aborts when nobody waits for the answer any more, or the tool's time is over. */
  signal: AbortSignal;
}

/** What a client may ask for. A tool reads through the views of the console and acts through its verbs: it decides nothing itself. */
export interface Tool<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  name: string;
  title: string;
  /** For the model. Written here alone: nothing that was reported from outside is ever in it. */
  description: string;
  input: I;
  output: O;
  /** What a token needs besides being valid; left out: nothing, the tool only reads. */
  scope?: TokenScope;
  /** The lowest role of a token that may call it; left out: a viewer's. */
  role?: TokenRole;
  /** What a caller is told when no result came in time, or the server stops; left out: to ask for less, or again. */
  late?: string;
  /** Longest time that it may take, in ms. */
  timeoutMs: number;
  /** Throws `SentinelError` for what the caller has to hear. */
  run(input: z.output<I>, asker: Asker): Promise<z.input<O>>;
}

/** Official clients give up on an answer after 60 s: what is late for that is not worth computing on. */
export const READ_TIMEOUT_MS = 20_000;

/** Declares a tool with the types of its own schemas. */
export const tool = <I extends z.ZodObject, O extends z.ZodObject>(declared: Tool<I, O>): Tool =>
  declared as unknown as Tool;
