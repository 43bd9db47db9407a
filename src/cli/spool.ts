/** Keeps what can be read only once in a file, for commands that read it several times. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOneWay, openInput } from '../source/blocks.ts';

export interface Spooled {
  /** The paths, those that can be read only once replaced. */
  readonly paths: readonly string[];
  /** What a path was before. */
  nameOf(path: string): string;
  remove(): void;
}

/** Paths as they are, for who reads them only once. */
export const unspooled = (paths: readonly string[]): Spooled => ({ paths, nameOf: (path) => path, remove: () => {} });

/**
 * Copies standard input and pipes among the paths to temporary files.
 *
 * @throws CaptureError `unreadable` when one of them cannot be read.
 */
export async function spool(paths: readonly string[]): Promise<Spooled> {
  if (!paths.some(isOneWay)) return unspooled(paths);
  const folder = mkdtempSync(join(tmpdir(), 'lastack-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const names = new Map<string, string>();
  const spooled: string[] = [];
  try {
    for (const [index, path] of paths.entries()) {
      if (!isOneWay(path)) {
        spooled.push(path);
        continue;
      }
      const copy = join(folder, `input-${index}`);
      await copyTo(path, copy);
      names.set(copy, path);
      spooled.push(copy);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { paths: spooled, nameOf: (path) => names.get(path) ?? path, remove };
}

async function copyTo(path: string, copy: string): Promise<void> {
  const descriptor = openSync(copy, 'w', 0o600);
  try {
    for await (const block of openInput(path).blocks) {
      let offset = 0;
      while (offset < block.length) offset += writeSync(descriptor, block, offset);
    }
  } finally {
    closeSync(descriptor);
  }
}
