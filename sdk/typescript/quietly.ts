/** Watching must never hurt what is watched: whatever the SDK's own code throws ends here. */
export function quietly<T>(work: () => T, otherwise: T): T;
export function quietly(work: () => void): void;
export function quietly<T>(work: () => T, otherwise?: T): T | undefined {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
