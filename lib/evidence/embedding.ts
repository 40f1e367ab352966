import { z } from "zod";
import { createAsk, type Endpoint, type Ports } from "./ask";
import { couldNotLook, found, type Looked } from "./looked";

export interface EmbeddingConfig extends Endpoint {
  model: string;
}

export interface Embedder {
  model: string;
  /** One vector a text, all of one dimension. */
  embed(texts: string[], signal?: AbortSignal): Promise<Looked<number[][]>>;
}

/** What libSQL's vector columns take. */
const MAX_DIMENSION = 65_536;
/** About 2,000 tokens: what the smallest usual models read. */
const MAX_CHARS = 8_000;

const Answer = z.object({
  data: z.array(
    z.object({ index: z.number().int().optional(), embedding: z.array(z.number()).min(1).max(MAX_DIMENSION) }),
  ),
});

/** An OpenAI-compatible endpoint for embeddings; its url ends where `/embeddings` begins. */
export function createEmbedder(config: EmbeddingConfig, ports: Ports): Embedder {
  const ask = createAsk(config, ports);
  const { source, model } = config;
  return {
    model,
    async embed(texts, signal) {
      const json = { model, input: texts.map((text) => text.slice(0, MAX_CHARS)), encoding_format: "float" };
      const answer = await ask("embeddings", { json, signal });
      if (!answer.ok) return couldNotLook(source, answer.reason);
      const parsed = Answer.safeParse(answer.body);
      if (!parsed.success) return couldNotLook(source, "the answer holds no embeddings");
      const vectors = parsed.data.data
        .map(({ index, embedding }, i) => ({ index: index ?? i, embedding }))
        .sort((a, b) => a.index - b.index)
        .map(({ embedding }) => embedding);
      const dimension = vectors[0]?.length;
      if (vectors.length !== texts.length || vectors.some((vector) => vector.length !== dimension))
        return couldNotLook(
          source,
          `${vectors.length} embeddings of ${texts.length} texts, or not all of one dimension`,
        );
      return found(source, vectors);
    },
  };
}
