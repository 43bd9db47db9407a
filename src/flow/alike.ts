/** What the core notes of a connection (`ALIKE_*`), as a place. */
import type { Core } from '../core/core.ts';
import {
  ALIKE_CLOSE_WAIT_NANOS,
  ALIKE_FIN_FRAME,
  ALIKE_FIRST_FRAME,
  ALIKE_FIRST_NANOS,
  ALIKE_LAST_FRAME,
  ALIKE_LAST_NANOS,
  ALIKE_SYN_OPTIONS,
  ALIKE_TOLD,
  TOLD_ANSWERED,
  TOLD_COMPLETED,
  TOLD_MIDSTREAM,
} from '../core/layout.ts';

/** A place that is written over for the next connection. */
export type NotedPlace = ReturnType<typeof newPlace>;

export function newPlace() {
  return {
    clientIndex: 0 as 0 | 1,
    firstFrame: 0,
    lastFrame: 0,
    firstNanos: Number.NaN,
    lastNanos: Number.NaN,
    isTelling: false,
    isAnswered: true,
    isCompleted: true,
    isMidstream: false,
    finFrame: 0,
    closeWaitNanos: Number.NaN,
    synOptions: 0,
    addresses: {
      ipVersion: 4 as 4 | 6,
      words0: new Int32Array(4),
      words1: new Int32Array(4),
      ports: [0, 0] as [number, number],
    },
  };
}

/** Reads what the core has noted at an address: all but the ends. */
export function readNoted(place: NotedPlace, { words, unsigned, doubles }: Core, at: number): void {
  const told = words[(at + ALIKE_TOLD) >> 2];
  place.firstNanos = doubles[(at + ALIKE_FIRST_NANOS) >> 3];
  place.lastNanos = doubles[(at + ALIKE_LAST_NANOS) >> 3];
  place.isAnswered = (told & TOLD_ANSWERED) !== 0;
  place.isCompleted = (told & TOLD_COMPLETED) !== 0;
  place.isMidstream = (told & TOLD_MIDSTREAM) !== 0;
  place.isTelling = told !== (TOLD_ANSWERED | TOLD_COMPLETED);
  place.closeWaitNanos = doubles[(at + ALIKE_CLOSE_WAIT_NANOS) >> 3];
  place.firstFrame = unsigned[(at + ALIKE_FIRST_FRAME) >> 2];
  place.lastFrame = unsigned[(at + ALIKE_LAST_FRAME) >> 2];
  place.finFrame = unsigned[(at + ALIKE_FIN_FRAME) >> 2];
  place.synOptions = words[(at + ALIKE_SYN_OPTIONS) >> 2];
}
