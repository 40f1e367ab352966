/**
 * A text that counts the characters that are read of it: what a hand-written scanner does, independent of any clock. Each character
 * that is looked at, and each that is copied out, counts once.
 */
export class CountedText extends String {
  reads = 0;

  override charCodeAt(at: number): number {
    this.reads++;
    return super.charCodeAt(at);
  }

  override slice(from?: number, to?: number): string {
    const part = super.slice(from, to);
    this.reads += part.length;
    return part;
  }
}
