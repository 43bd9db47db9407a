import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** How much nicer the other threads become, of 20 steps: enough to yield, too little to starve on a busy machine. */
const STEPS = 5;

/**
 * Lets the threads stand back with which V8 compiles code and collects garbage: on two cores there are more of them than
 * cores, and for a tenth of the time the thread that does the work waited for its turn.
 *
 * Linux only, where a thread has a priority of its own; elsewhere, and where it is not allowed, nothing happens.
 */
export function favourMainThread(): void {
  if (process.platform !== 'linux') return;
  try {
    const priority = Math.min(getPriority() + STEPS, constants.priority.PRIORITY_LOW);
    for (const name of readdirSync('/proc/self/task')) {
      const thread = Number(name);
      if (thread !== process.pid) setPriority(thread, priority);
    }
  } catch {
    // A thread has just ended, or the system does not allow it.
  }
}
