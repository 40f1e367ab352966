import type { Signal } from "./shape";

/** A body that is no export request of the signal that it was posted as. */
export class WrongSignal extends Error {
  override readonly name = "WrongSignal";
  constructor(readonly signal: Signal) {
    super(`The body contains no ${signal}: each signal has its own endpoint`);
  }
}
