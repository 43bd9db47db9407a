import type { CaptureFacts } from './findings/joined.ts';

const MAX_CLOCK_FRAMES = 16;

/** Watches whether time stamps go back within an interface. */
export class CaptureClock implements CaptureFacts {
  readonly backwardFrames: number[] = [];
  backwardSteps = 0;
  furthestBackNanos = 0;
  /** Time of the latest packet, by interface. */
  readonly #latest: number[] = [];

  /** @hot */
  take(interfaceIndex: number, timeNanos: number, frame: number): void {
    const back = this.#latest[interfaceIndex] - timeNanos;
    this.#latest[interfaceIndex] = timeNanos;
    if (back > 0) this.#note(back, frame);
  }

  /** Time of the latest packet of an interface, nanoseconds; NaN before the first. */
  latestOf(interfaceIndex: number): number {
    return this.#latest[interfaceIndex] ?? Number.NaN;
  }

  /** Packets came that did not go back, up to a time. */
  goOn(interfaceIndex: number, timeNanos: number): void {
    this.#latest[interfaceIndex] = timeNanos;
  }

  #note(backNanos: number, frame: number): void {
    this.backwardSteps++;
    this.furthestBackNanos = Math.max(this.furthestBackNanos, backNanos);
    if (this.backwardFrames.length < MAX_CLOCK_FRAMES) this.backwardFrames.push(frame);
  }
}
