/** Where expectations are kept: a file beside the capture. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Expectation, parseExpectation } from './expectation.ts';

/** `web.pcapng.gz` has its expectation in `web.expect.yaml`. */
export function expectationPathOf(capturePath: string): string {
  return `${capturePath.replace(/(?:\.(?:pcap|pcapng|cap|dmp))?(?:\.(?:gz|zst|lz4))?$/i, '')}.expect.yaml`;
}

/** The expectation in a file; null when there is no such file. */
export function readExpectation(path: string): Expectation | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return parseExpectation(text, path);
}

/** Writes an expectation whole or not at all; tells what that did. */
export function writeExpectation(path: string, text: string): 'written' | 'unchanged' {
  try {
    if (readFileSync(path, 'utf8') === text) return 'unchanged';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
  return 'written';
}
