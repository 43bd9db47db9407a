import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Annotations } from '../../src/annotations.ts';
import { CaptureError } from '../../src/base/error.ts';
import { unpackProblem } from '../../src/cli/problems.ts';
import { type ReaderEnd, readForOther } from '../../src/cli/threads/reading.ts';
import { openFilled, Ring } from '../../src/cli/threads/ring.ts';
import { bytesToLend } from '../../src/core/borrowed.ts';
import { Core } from '../../src/core/core.ts';
import { BLOCK_BYTES } from '../../src/source/blocks.ts';
import { ROW_WORDS, Word } from '../../src/wire/batch.ts';

const GENERATOR = new URL('../../bench/generate.mjs', import.meta.url).pathname;
const CAPTURE = 'fixtures/four-connections.pcap';
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lastack-reading-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Has a capture read that fits in the ring; `prepare` is called before. */
async function read(
  captures: string | readonly string[],
  core = new Core(),
  prepare: (ring: Ring, say: (message: unknown) => void) => void = () => {},
  blockBytes = BLOCK_BYTES,
) {
  const ring = new Ring(1, { epochSeconds: 0 }, core);
  const lent = core.lend(bytesToLend(blockBytes));
  const { port1: port, port2 } = new MessageChannel();
  prepare(ring, (message) => port.postMessage(message));
  const paths = [captures].flat();
  await readForOther({ paths, decoding: {}, memory: ring.memory, lent, port: port2 });
  const rows = Array.from({ length: ring.filled }, (_, number) => {
    const batch = openFilled(ring.slotOf(number), null, new Annotations());
    const frames = Array.from({ length: batch.count }, (__, row) => batch.frame(row));
    return { frames, words: [...batch.words.subarray(0, batch.count * ROW_WORDS)], isThere: batch.core === core };
  });
  const end = receiveMessageOnPort(port)?.message as ReaderEnd;
  port.close();
  return { ring, rows, end };
}

describe('a thread that reads for another', () => {
  it('fills the ring, in the memory of the core, and tells what it read', async () => {
    const { ring, rows, end } = await read(CAPTURE);
    const frames = rows.flatMap((each) => each.frames);
    expect(frames).toEqual(frames.map((_, index) => index + 1));
    expect(frames.length).toBeGreaterThan(10);
    expect(rows.every(({ isThere }) => isThere)).toBe(true);
    expect(ring.endNanos).toBeGreaterThan(0);
    expect(end).toMatchObject({
      captures: [{ path: CAPTURE, packetCount: frames.length, problem: null }],
      problems: [],
      clock: { backwardFrames: [], backwardSteps: 0, furthestBackNanos: 0 },
    });
  });

  it('copies from captures for whose blocks no memory is left', async () => {
    const captures = [CAPTURE, 'fixtures/refused.pcap', 'fixtures/simultaneous-close.pcap'];
    const together = await read(captures, undefined, undefined, statSync(CAPTURE).size + 64);
    const apart = await Promise.all(captures.map((each) => read(each)));
    // Times and numbers of frames are others.
    const segments = ({ rows }: (typeof apart)[0]) =>
      rows.flatMap(({ words }) =>
        Array.from({ length: words.length / ROW_WORDS }, (_, row) =>
          words.slice(row * ROW_WORDS + Word.SEQ, row * ROW_WORDS + Word.SCOPE).join(),
        ),
      );
    expect(segments(together).sort()).toEqual(apart.flatMap(segments).sort());
  });

  it('tells what is wrong with a file, with all that there is to say of it', async () => {
    const damaged = path.join(folder, 'damaged.pcap');
    copyFileSync(CAPTURE, damaged);
    truncateSync(damaged, 1000);
    const { end } = await read(damaged);
    const [problem] = 'problems' in end ? end.problems : [];
    const { error, unreadable } = unpackProblem(structuredClone(problem));
    expect(error).toBeInstanceOf(CaptureError);
    expect(unreadable).toBe(false);
    expect(error).toMatchObject({ code: 'truncated-packet', path: damaged, packetNumber: 12 });
    expect(error.byteOffset).toBeGreaterThan(900);
    expect(error.hint).not.toBe('');
  });

  it('ends the file when the other has no room for more, and says where', async () => {
    const long = path.join(folder, 'small.pcap');
    expect(spawnSync(process.execPath, [GENERATOR, '--connections', '5000', '--out', long]).status).toBe(0);
    const { rows, end } = await read(long, undefined, (ring, say) => {
      void (async () => {
        while (ring.filled < 3) await null;
        say({ message: 'it is too much', hint: 'Take less.' });
        expect(ring.refuse()).toBe(true);
      })();
    });
    const [problem] = 'problems' in end ? end.problems : [];
    expect(problem).toMatchObject({ unreadable: false, code: 'limit-reached', message: 'it is too much' });
    expect(problem.details).toMatchObject({ path: long, hint: 'Take less.' });
    expect(problem.details.packetNumber).toBeGreaterThan(3000);
    expect(problem.details.packetNumber).toBeLessThan(60_000);
    expect(rows.length).toBeGreaterThan(2);
    expect(rows.length).toBeLessThan(60);
  });

  it('has its say when it has ended before the other refuses', async () => {
    const { ring, end } = await read(CAPTURE);
    expect(ring.refuse()).toBe(false);
    expect(ring.endNanos).toBeGreaterThan(0);
    expect(end).toMatchObject({ problems: [] });
  });

  it('stops when nobody wants to know any more', async () => {
    const { ring, end } = await read(CAPTURE, undefined, (each) => {
      // The ring is full, and stays so.
      while (each.hasRoomFor(1)) each.publish();
      each.abort();
    });
    expect(end).toMatchObject({ error: { message: 'nobody wants to know any more' } });
    expect(ring.endNanos).toBeNaN();
  });
});
