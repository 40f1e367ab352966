import { z } from "zod";

/** Fields of a case file. Its texts are logs and diffs too; the longest that is kept of one. */
export const text = z.string().max(200_000);
export const name = z.string().min(1).max(300);
export const ms = z.number().nonnegative().describe("epoch ms");
export const words = z.record(z.string(), text);
