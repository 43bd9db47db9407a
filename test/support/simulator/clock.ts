/** Simulated time in nanoseconds from 0, and what is due when. */
export class Clock {
  nowNanos = 0;
  private readonly due: Timer[] = [];
  private sequence = 0;

  /** Runs `action` after `delayNanos`; equal times run in the order of their calls. */
  after(delayNanos: number, action: () => void): Timer {
    const timer: Timer = { atNanos: this.nowNanos + Math.max(0, delayNanos), order: this.sequence++, action };
    this.push(timer);
    return timer;
  }

  /** Runs events until none is left or the next lies beyond `limitNanos`. */
  run(limitNanos: number): void {
    for (;;) {
      const timer = this.pop();
      if (timer === undefined || timer.atNanos > limitNanos) return;
      if (timer.action === null) continue;
      this.nowNanos = timer.atNanos;
      timer.action();
    }
  }

  private push(timer: Timer): void {
    const { due } = this;
    let at = due.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isEarlier(timer, due[parent])) break;
      due[at] = due[parent];
      at = parent;
    }
    due[at] = timer;
  }

  private pop(): Timer | undefined {
    const { due } = this;
    const top = due[0];
    const last = due.pop();
    if (last === undefined || due.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= due.length) break;
      if (child + 1 < due.length && isEarlier(due[child + 1], due[child])) child++;
      if (!isEarlier(due[child], last)) break;
      due[at] = due[child];
      at = child;
    }
    due[at] = last;
    return top;
  }
}

/** A call that is due; `action` is null once cancelled. */
export interface Timer {
  readonly atNanos: number;
  readonly order: number;
  action: (() => void) | null;
}

/** Cancels a timer, if there is one. */
export function cancel(timer: Timer | null): null {
  if (timer !== null) timer.action = null;
  return null;
}

const isEarlier = (a: Timer, b: Timer): boolean =>
  a.atNanos < b.atNanos || (a.atNanos === b.atNanos && a.order < b.order);

export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;
