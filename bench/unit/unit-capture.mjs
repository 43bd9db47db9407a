// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CAPTURE = fileURLToPath(new URL('../data/unit.pcap', import.meta.url));

/** Some 7 MB of mixed connections, made once; 30,000 packets. @returns {Uint8Array<ArrayBuffer>} */
export function loadUnitCapture() {
  if (!existsSync(CAPTURE)) {
    const generator = fileURLToPath(new URL('../generate.mjs', import.meta.url));
    spawnSync(process.execPath, [generator, '--connections', '2000', '--out', CAPTURE], { stdio: 'inherit' });
  }
  return new Uint8Array(readFileSync(CAPTURE));
}
