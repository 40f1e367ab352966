/** USD per million tokens. A missing part is charged as plain input. */
export interface Price {
  input: number;
  output: number;
  cachedInput?: number;
  cacheWrite?: number;
}

export interface Usage {
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  cachedInputTokens: number | undefined;
  cacheWriteTokens: number | undefined;
}

const PER = 1_000_000;

/** The cost of one call in USD; undefined without a price or a token count. Input tokens include the cached and written ones. */
export function costOf(price: Price | undefined, u: Usage): number | undefined {
  if (!price || u.inputTokens === undefined || u.outputTokens === undefined) return undefined;
  const cached = Math.min(u.cachedInputTokens ?? 0, u.inputTokens);
  const written = Math.min(u.cacheWriteTokens ?? 0, u.inputTokens - cached);
  const plain = u.inputTokens - cached - written;
  const input =
    plain * price.input + cached * (price.cachedInput ?? price.input) + written * (price.cacheWrite ?? price.input);
  return (input + u.outputTokens * price.output) / PER;
}
