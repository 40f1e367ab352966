import type { Json, Problem } from "./api";

/** An error as OpenAI words it. */
export const openAiProblem = ({ kind, message, code }: Problem): Json => ({
  error: { message, type: kind === "request_too_large" ? "invalid_request_error" : kind, param: null, code },
});
