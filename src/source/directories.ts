import { closeSync, type Dirent, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { detectFormat, HEAD_BYTES } from './detect.ts';
import { statusOf } from './status.ts';

/**
 * Puts the captures in a directory in its place, by name; what is no capture by its first bytes is left out, and so are
 * hidden files and directories within. A directory without captures stays, so that reading it says what is wrong.
 */
export function expandDirectories(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!isDirectory(path)) return [path];
    const found = listCaptures(path);
    return found.length > 0 ? found : [path];
  });
}

/** Whether a path is a directory that exists. */
export function isDirectory(path: string): boolean {
  return statusOf(path)?.isDirectory() === true;
}

/** Captures in a directory, by name; empty when it cannot be read. */
export function listCaptures(folder: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => join(folder, entry.name))
    .filter(isCapture)
    .sort();
}

function isCapture(path: string): boolean {
  if (statusOf(path)?.isFile() !== true) return false;
  const head = new Uint8Array(HEAD_BYTES);
  let count = 0;
  try {
    const descriptor = openSync(path, 'r');
    try {
      count = readSync(descriptor, head);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return true; // reading it says why it cannot be read
  }
  const { kind } = detectFormat(head.subarray(0, count));
  return kind === 'pcap' || kind === 'pcapng' || kind === 'compressed';
}
