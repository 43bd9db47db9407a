#!/usr/bin/env node
// Takes the two pictures of the report page that the README shows, of a made-up capture, with Debian's chromium.
// Build first; then: node scripts/report-pictures.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateSync, inflateSync } from 'node:zlib';
import { chromium } from 'playwright-core';

/** The same picture in fewer bytes: its pixels deflated as well as can be. */
function squeeze(png) {
  const chunks = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + png.readUInt32BE(at)),
    });
  }
  const pixels = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)));
  const head = chunks.find(({ type }) => type === 'IHDR').data;
  const all = [
    { type: 'IHDR', data: head },
    { type: 'IDAT', data: deflateSync(pixels, { level: 9, memLevel: 9 }) },
    { type: 'IEND', data: Buffer.alloc(0) },
  ];
  return Buffer.concat([png.subarray(0, 8), ...all.map(({ type, data }) => toChunk(type, data))]);
}

function toChunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(checksumOf(body), body.length + 4);
  return chunk;
}

/** CRC-32 as PNG wants it. */
function checksumOf(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const folder = mkdtempSync(join(tmpdir(), 'lastack-pictures-'));
const capture = join(folder, 'office.pcap');
const page = join(folder, 'report.html');
const run = (...words) => execFileSync(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] });
run('bench/generate.mjs', '--profile', 'small', '--connections', '3000', '--seed', '11', '--out', capture);
run('dist/cli/main.js', 'report', capture, '-o', page, '--no-config', '--no-progress');

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  for (const [scheme, height] of [
    ['light', 1180],
    ['dark', 960],
  ]) {
    const view = await browser.newPage({ viewport: { width: 1160, height }, colorScheme: scheme });
    await view.goto(pathToFileURL(page).href);
    await view.waitForSelector('html[data-ready]');
    if (scheme === 'dark') {
      await view.fill('#search', 'teardown-w4-lost');
      await view.locator('tr.openable button').nth(1).click();
      await view.hover('dialog .row:has-text("teardown-w4-lost")');
    }
    const png = await (scheme === 'dark' ? view.locator('dialog') : view).screenshot();
    writeFileSync(`docs/images/report-${scheme}.png`, squeeze(png));
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
