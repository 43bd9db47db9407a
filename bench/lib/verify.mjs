// @ts-check
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Path of the truth beside a generated capture. @param {string} capture */
export const truthPath = (capture) => `${capture.replace(/\.pcap$/, '')}.truth.json`;

/** @param {string} capture */
export const readTruth = (capture) => JSON.parse(readFileSync(truthPath(capture), 'utf8'));

/**
 * Analyses a generated capture and holds the counts against the truth beside it.
 *
 * @param {string[]} lastack program and arguments that precede the capture
 * @param {string} capture
 * @returns {Promise<string[]>} what differs; empty when all is right
 */
export async function compareWithTruth(lastack, capture) {
  const truth = readTruth(capture);
  const counts = {
    connections: 0,
    outcomes: /** @type {Record<string, number>} */ ({}),
    closedFirst: /** @type {Record<string, number>} */ ({}),
  };
  const child = spawn(lastack[0], [...lastack.slice(1), '--format', 'ndjson', capture], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const connection = JSON.parse(line);
    if (connection.outcome === undefined) continue;
    counts.connections++;
    counts.outcomes[connection.outcome] = (counts.outcomes[connection.outcome] ?? 0) + 1;
    const closer = connection.closedFirst ?? 'none';
    counts.closedFirst[closer] = (counts.closedFirst[closer] ?? 0) + 1;
  }
  const differences = [];
  if (counts.connections !== truth.connections) {
    differences.push(`connections: ${counts.connections} found, ${truth.connections} generated`);
  }
  for (const group of /** @type {const} */ (['outcomes', 'closedFirst'])) {
    for (const name of new Set([...Object.keys(truth[group]), ...Object.keys(counts[group])])) {
      const [found, generated] = [counts[group][name] ?? 0, truth[group][name] ?? 0];
      if (found !== generated) differences.push(`${group} ${name}: ${found} found, ${generated} generated`);
    }
  }
  return differences;
}
