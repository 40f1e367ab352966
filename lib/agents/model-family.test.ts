import { expect, test } from "vitest";
import { sharedFamily } from "./model-family";

test.each<[string, string, string | null]>([
  ["openai/gpt-4o", "openai/o3-mini", "gpt"],
  ["openai/gpt-4o", "azure/our-gpt-4o", "gpt"],
  ["openai/gpt-4o", "groq/openai/gpt-oss-120b", "gpt"],
  ["openai/gpt-4o", "anthropic/claude-sonnet-4", null],
  ["openai-compatible/claude-haiku", "anthropic/claude-sonnet-4", "claude"],
  ["groq/llama-3.3-70b", "ollama/qwen3:8b", null],
  ["groq/deepseek-r1-distill-llama-70b", "ollama/llama3.1", "llama"],
  ["groq/mixtral-8x7b", "openai-compatible/mistral-large", "mistral"],
  ["openai-compatible/house-model", "ollama/house-model", "house-model"],
  ["openai-compatible/house-model", "openai-compatible/other-model", null],
  ["openai/gpt-4o", "anthropic/claude-sonnet-4, openai/gpt-5", "gpt"],
])("%s and %s: %s", (a, b, family) => {
  expect(sharedFamily(a, b)).toBe(family);
  expect(sharedFamily(b, a)).toBe(family);
});
