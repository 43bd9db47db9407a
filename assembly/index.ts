/** What TypeScript can ask of the core; `src/core/core.ts` is its other side. */
export {
  baseKind,
  bucketAt,
  closeAlike,
  evict,
  learnKind,
  queue,
  release,
  takeOldest,
  takeOldestOfAll,
} from './closing';
export { decodePcap, decodePcapng } from './decode';
export { openAt, reopenAt, take, takeAt } from './lane';
export { append, appendSack, closeLog, closeMoved, moveLog, releaseChunk, takeChunk } from './log';
export { allocate } from './memory';
export { halfClosedNanos, shapeEnd, shapeKind } from './shape';
export { add, find, remove } from './table';
