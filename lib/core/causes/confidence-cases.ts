/**
 * Confidences that the analysis gave to first causes of played cases of the dev set, and whether they were right (1) or not (0). Written by
 * `sentinel eval --write-fit`; see docs/detection.md.
 */
export const CONFIDENCE_CASES: readonly (readonly [confidence: number, right: 0 | 1])[] = [];
