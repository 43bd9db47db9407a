import { type Stats, statSync } from 'node:fs';

/** What the file system tells of a path; undefined if there is nothing, or it does not tell: opening it says why. */
export function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
