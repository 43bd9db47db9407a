import { type Clock, MILLISECOND } from './clock.ts';
import type { ApplicationPlan } from './plan.ts';
import type { Socket } from './socket.ts';

const SLOW_READ_NANOS = 150 * MILLISECOND;

/** Drives a socket by a plan: writes, reads, closes. */
export function runApplication(socket: Socket, plan: ApplicationPlan, clock: Clock): void {
  const { writes, reading, close } = plan;
  const finish = (): void => {
    if (close.how === 'abort') socket.abort();
    else if (close.how === 'shutdown') socket.shutdown();
    else socket.close();
  };
  const writeFrom = (index: number): void => {
    if (socket.state === 'CLOSED') return;
    if (index === writes.length) {
      if (close.when === 'after-writes') soon(close.nanos, finish);
      return;
    }
    soon(writes[index].pauseNanos, () => {
      socket.write(writes[index].bytes);
      writeFrom(index + 1);
    });
  };
  const soon = (nanos: number, action: () => void): void => {
    if (nanos === 0) action();
    else clock.after(nanos, action);
  };
  socket.events = {
    established() {
      writeFrom(0);
      if (close.when === 'at') clock.after(close.nanos - clock.nowNanos, finish);
    },
    readable() {
      if (reading === 'at-once') socket.received.unreadBytes = 0;
      else if (reading === 'slow') clock.after(SLOW_READ_NANOS, () => socket.read());
    },
    endOfFile() {
      if (close.when === 'end-of-file') soon(close.nanos, finish);
    },
  };
}
