/** What TypeScript can ask of the core; `src/core/core.ts` is its other side. */
export {
  closeAlike,
  closeAllAlike,
  countFormer,
  describe,
  evict,
  finishFormer,
  learnKind,
  release,
} from './closing';
export { decodePcap, decodePcapng } from './decode';
export { readFlawless } from './flawless';
export { kindOf } from './kinds';
export { openAt, reopenAt, take, takeAt } from './lane';
export { append, appendSack, bringBack, closeLog, closeMoved, moveLog, releaseChunk, takeChunk } from './log';
export { allocate } from './memory';
export { countOrdinary, hostOf, openNames, serviceOf } from './names';
export { bucketAt, queue, takeOldest, takeOldestOfAll } from './queue';
export { shapeEnd } from './shape';
export { add, find, orderEntries, remove } from './table';
