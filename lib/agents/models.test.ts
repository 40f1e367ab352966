import { describe, expect, test } from "vitest";
import { parseEnv } from "@/lib/env";
import { chainOf, modelSettings } from "./models";

const settings = (env: Record<string, string>) => modelSettings(parseEnv(env));
const names = (env: Record<string, string>, role: "triage" | "analysis" | "judge") => {
  const { chats, missing } = chainOf(role, settings(env));
  return { chats: chats.map(({ name }) => name), missing };
};

describe("chains", () => {
  test("no model is configured by default", () => {
    expect(names({}, "analysis")).toEqual({ chats: [], missing: [] });
  });

  test("a chain keeps its order; what has no key is named and left out; a model's own name may have slashes", () => {
    const env = {
      SENTINEL_ANALYSIS_MODEL: "groq/openai/gpt-oss-120b, openai/gpt-x ,ollama/qwen3:8b",
      OPENAI_API_KEY: "k",
    };
    expect(names(env, "analysis")).toEqual({ chats: ["openai/gpt-x", "ollama/qwen3:8b"], missing: ["groq/openai/gpt-oss-120b"] }); // prettier-ignore
  });

  test("triage falls back to the analysis model, the judge to nobody", () => {
    const env = { SENTINEL_ANALYSIS_MODEL: "anthropic/claude-x", ANTHROPIC_API_KEY: "k" };
    expect(names(env, "triage").chats).toEqual(["anthropic/claude-x"]);
    expect(names(env, "judge").chats).toEqual([]);
  });

  test("a name without a known provider stops the start", () => {
    expect(() => parseEnv({ SENTINEL_ANALYSIS_MODEL: "gpt-x" })).toThrow("SENTINEL_ANALYSIS_MODEL");
    expect(() => parseEnv({ SENTINEL_JUDGE_MODEL: "elsewhere/x" })).toThrow("SENTINEL_JUDGE_MODEL");
    expect(() => parseEnv({ SENTINEL_MODEL_PRICES: "openai/x=1" })).toThrow("SENTINEL_MODEL_PRICES");
    // Digits and dots that are no number would be a price of nothing.
    expect(() => parseEnv({ SENTINEL_MODEL_PRICES: "openai/x=1.2.3:4" })).toThrow("SENTINEL_MODEL_PRICES");
    expect(() => parseEnv({ SENTINEL_AGENT_PRICES: "x=1:2..3" })).toThrow("SENTINEL_AGENT_PRICES");
    expect(parseEnv({ SENTINEL_AGENT_PRICES: " x=1:2.5 , y=1:2:0.5:3 " }).SENTINEL_AGENT_PRICES).toBeDefined();
  });
});

test("every provider is reached by its OpenAI-compatible address", () => {
  const { endpoints } = settings({
    OPENAI_API_KEY: "a",
    GROQ_API_KEY: "b",
    ANTHROPIC_API_KEY: "c",
    AZURE_OPENAI_ENDPOINT: "https://res.openai.azure.com/",
    AZURE_OPENAI_API_KEY: "d",
    OPENAI_COMPATIBLE_URL: "http://127.0.0.1:8000/v1/",
    OLLAMA_URL: "http://127.0.0.1:11434",
  });
  expect(Object.fromEntries(Object.entries(endpoints).map(([name, at]) => [name, at?.baseURL]))).toEqual({
    openai: "https://api.openai.com/v1",
    groq: "https://api.groq.com/openai/v1",
    anthropic: "https://api.anthropic.com/v1",
    azure: "https://res.openai.azure.com/openai/v1",
    ollama: "http://127.0.0.1:11434/v1",
    "openai-compatible": "http://127.0.0.1:8000/v1",
  });
});

test("prices: set ones are used, local models are free, unknown ones are counted as dear", () => {
  const { chats } = chainOf(
    "analysis",
    settings({
      SENTINEL_ANALYSIS_MODEL: "openai/a,openai/b,ollama/c",
      SENTINEL_MODEL_PRICES: "openai/a=0.5:1.5",
      OPENAI_API_KEY: "k",
    }),
  );
  expect(chats.map(({ price }) => price)).toEqual([
    { input: 0.5, output: 1.5 },
    { input: 15, output: 75 },
    { input: 0, output: 0 },
  ]);
});
