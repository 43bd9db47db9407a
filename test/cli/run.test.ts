import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CaptureError, SinkFullError } from '../../src/base/error.ts';
import { packError, unpackError } from '../../src/cli/problems.ts';
import { runCli } from '../../src/cli/run.ts';
import type { ResultDocument } from '../../src/report/result.ts';
import { createTestIo, type TestIoOptions } from '../support/cli-io.ts';
import { createFakeLibrary, wholeOf } from '../support/fake-library.ts';
import { cleanClose, refused, resetByServer } from '../support/sample-connections.ts';
import { sampleDocument, troubledService } from '../support/sample-documents.ts';

async function lastack(line: string, document: ResultDocument = troubledService(), options: TestIoOptions = {}) {
  const io = createTestIo(options);
  const library = createFakeLibrary(document);
  const status = await runCli(
    line.split(' ').filter((word) => word !== ''),
    io,
    library,
  );
  return { status, out: io.out(), err: io.err(), requests: library.requests };
}

const ESCAPE = '\u001b[';

describe('exit statuses', () => {
  test('0 when done', async () => {
    expect(await lastack('web.pcap')).toMatchObject({ status: 0, err: '' });
  });

  test('1 when a --fail-on condition is met, which is named on stderr', async () => {
    const { status, err, out } = await lastack('web.pcap --fail-on connection-refused,reset');
    expect(status).toBe(1);
    expect(err).toBe('lastack: --fail-on: connection-refused (10), reset (10)\n');
    expect(out).toContain('130 connections');
  });

  test('--fail-on takes severities, meaning that or worse, also of findings about hosts', async () => {
    expect((await lastack('web.pcap --fail-on error')).err).toBe('lastack: --fail-on: error (21)\n');
    expect((await lastack('web.pcap --fail-on warning', sampleDocument([cleanClose()]))).status).toBe(0);
  });

  test('2 for wrong usage, with a suggestion and where to read on', async () => {
    const cases: [line: string, says: RegExp][] = [
      ['--format json', /^lastack: no capture given\n/],
      ['web.pcap --color blue', /--color: there is no "blue"; use auto, always or never/],
      ['web.pcap --format', /--format needs a value/],
      ['web.pcap --formt json', /there is no option --formt/],
      ['web.pcap --format jsn', /--format: there is no "jsn"; did you mean json\?/],
      ['web.pcap --outcome graceul', /--outcome: there is no "graceul"; did you mean graceful\?/],
      ['web.pcap --finding conection-refused', /did you mean connection-refused/],
      ['web.pcap --fail-on warn', /did you mean warning/],
      ['web.pcap --port 70000', /--port: "70000" is not a whole number from 0 to 65535/],
      ['web.pcap --host example', /--host: "example" is not an IP address/],
      ['web.pcap --time-wait soon', /--time-wait: "soon" is not a number of seconds/],
      ['web.pcap --connection 0', /--connection: "0" is not a whole number/],
      ['web.pcap --segments', /lastack explain/],
      ['- -', /only once/],
    ];
    for (const [line, says] of cases) {
      const { status, err, out } = await lastack(line);
      expect([line, status]).toEqual([line, 2]);
      expect(err).toMatch(says);
      expect(err).toMatch(/See: lastack .*--help\n$/);
      expect(out).toBe('');
    }
  });

  test('2 and the help on stderr without any argument', async () => {
    const { status, err, out } = await lastack('');
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain('lastack explain <capture..>');
  });

  test('2 when standard input is a terminal', async () => {
    const { status, err } = await lastack('-', undefined, { stdinIsTerminal: true });
    expect(status).toBe(2);
    expect(err).toContain('pipe a capture');
  });

  test('3 when nothing of the input can be read: one line, nothing on stdout', async () => {
    const problem = { code: 'not-a-capture', byteOffset: 0, packetNumber: 0, message: 'the file is no capture' };
    for (const format of ['text', 'json', 'ndjson', 'csv']) {
      const { status, err, out } = await lastack(`web.pcap --format ${format}`, sampleDocument([], { problem }));
      expect(status).toBe(3);
      expect(err).toBe('lastack: web.pcap: the file is no capture (byte 0). Check the file.\n');
      expect(out).toBe('');
    }
  });

  test('3 for a mistyped command, with what was probably meant', async () => {
    const problem = { code: 'unreadable', byteOffset: 0, packetNumber: 0, message: 'there is no such file' };
    const { status, err } = await lastack('explian', sampleDocument([], { path: 'explian', problem }));
    expect(status).toBe(3);
    expect(err).toBe(
      'lastack: explian: there is no such file. Check the file.\nlastack: did you mean the command explain?\n',
    );
  });

  test('3 for a capture error that the analysis throws', async () => {
    const io = createTestIo();
    const library = createFakeLibrary(troubledService());
    library.engine = async () => {
      throw new CaptureError('unreadable', 'there is no such file', {
        path: 'x',
        byteOffset: 0,
        packetNumber: 0,
        hint: 'Check the name.',
      });
    };
    expect(await runCli(['x'], io, library)).toBe(3);
    expect(io.err()).toBe('lastack: x: there is no such file. Check the name.\n');
  });

  test('4 when the capture is damaged: the report, and one line on stderr', async () => {
    const problem = {
      code: 'truncated-packet',
      byteOffset: 1203,
      packetNumber: 12,
      message: 'the file ends inside a packet',
    };
    const document = sampleDocument([cleanClose()], { problem });
    const text = await lastack('web.pcap', document);
    expect(text.status).toBe(4);
    expect(text.err).toMatch(/^lastack: web.pcap: the file ends inside a packet \(packet 12, byte 1203\)\. .+\n$/);
    expect(text.out).toContain('graceful');
    const json = await lastack('web.pcap --format json', document);
    expect(json.status).toBe(4);
    expect(JSON.parse(json.out).captures[0].problem).toEqual(problem);
  });

  test('what is too much for it is no bug, wherever it was noticed', async () => {
    const full = new SinkFullError('it is too much', 'Take less.');
    for (const error of [full, unpackError(structuredClone(packError(full)))]) {
      const io = createTestIo({});
      const library = createFakeLibrary(troubledService());
      library.engine = async () => {
        throw error;
      };
      expect(await runCli(['x'], io, library)).toBe(3);
      expect(io.err()).toBe('lastack: it is too much. Take less.\n');
    }
    const bug = unpackError(structuredClone(packError('odd')));
    expect([bug instanceof SinkFullError, bug.message]).toEqual([false, 'odd']);
  });

  test('a bug of ours is one line without a stack, unless asked for', async () => {
    const broken = async (env: Record<string, string>) => {
      const io = createTestIo({ env });
      const library = createFakeLibrary(troubledService());
      library.engine = async () => {
        throw new Error('lastack bug: impossible');
      };
      expect(await runCli(['x'], io, library)).toBe(70);
      return io.err();
    };
    expect(await broken({})).not.toMatch(/\n\s+at /);
    expect(await broken({ LASTACK_DEBUG: '1' })).toMatch(/\n\s+at /);
  });
});

describe('output', () => {
  test('a closed pipe ends it quietly', async () => {
    for (const format of ['text', 'json', 'ndjson', 'csv']) {
      const { status, err } = await lastack(`web.pcap --format ${format}`, undefined, { closesAfterChars: 100 });
      expect([format, status, err]).toEqual([format, 0, '']);
    }
  });

  test('json is the document', async () => {
    const { out } = await lastack('web.pcap --format json');
    const document = troubledService();
    for (const connection of document.connections) delete connection.segments;
    expect(JSON.parse(out)).toEqual(document);
  });

  test('json with segments has them', async () => {
    const { out } = await lastack('web.pcap --format json --segments --connection 7');
    expect(JSON.parse(out).connections[0].segments).toHaveLength(2);
  });

  test('ndjson is a connection a line', async () => {
    const { out } = await lastack('web.pcap --format ndjson --outcome refused');
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).outcome)).toEqual(Array(10).fill('refused'));
  });

  test('csv of segments has a row a segment', async () => {
    const { out } = await lastack('web.pcap --format csv --segments --connection 7');
    expect(out.split('\r\n')).toHaveLength(1 + 2 + 1);
  });

  test('--output writes the file whole or not at all', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lastack-'));
    const path = join(directory, 'out.json');
    expect((await lastack(`web.pcap --format json --output ${path}`)).out).toBe('');
    expect(JSON.parse(readFileSync(path, 'utf8')).connections).toHaveLength(130);
    writeFileSync(path, 'before');
    const library = createFakeLibrary(troubledService());
    library.engine = async () => async (_request, observer) => {
      observer.take(wholeOf(cleanClose()));
      throw new Error('stopped in the middle');
    };
    await runCli(['web.pcap', '--format', 'ndjson', '-o', path], createTestIo(), library);
    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(readdirSync(directory)).toEqual(['out.json']);
  });

  test('--output into a directory that is not there is said in one line', async () => {
    const { status, err } = await lastack('web.pcap --output /nowhere/out.txt');
    expect([status, err]).toEqual([2, 'lastack: /nowhere/out.txt: no such directory\n']);
    expect(existsSync('/nowhere')).toBe(false);
  });

  test('colour only on a terminal, unless the environment or the option says otherwise', async () => {
    const coloured = async (line: string, options: TestIoOptions) =>
      (await lastack(line, undefined, options)).out.includes(ESCAPE);
    expect(await coloured('web.pcap', {})).toBe(false);
    expect(await coloured('web.pcap', { terminalWidth: 100 })).toBe(true);
    expect(await coloured('web.pcap', { terminalWidth: 100, env: { NO_COLOR: '1' } })).toBe(false);
    expect(await coloured('web.pcap', { terminalWidth: 100, env: { NO_COLOR: '' } })).toBe(true);
    expect(await coloured('web.pcap', { terminalWidth: 100, env: { TERM: 'dumb' } })).toBe(false);
    expect(await coloured('web.pcap', { env: { FORCE_COLOR: '1' } })).toBe(true);
    expect(await coloured('web.pcap --color always', { env: { NO_COLOR: '1' } })).toBe(true);
    expect(await coloured('web.pcap --color never', { terminalWidth: 100 })).toBe(false);
  });

  test('no line is wider than the terminal', async () => {
    for (const width of [60, 80, 120]) {
      for (const line of ['web.pcap', 'web.pcap --connection 12', 'explain web.pcap --connection 9', 'rules']) {
        const { out } = await lastack(line, undefined, { terminalWidth: width, env: { NO_COLOR: '1' } });
        const prose = out.split('\n').filter((each) => !each.includes('lastack '));
        const tooWide = prose.filter((each) => [...each].length > width);
        expect([line, width, tooWide]).toEqual([line, width, []]);
      }
    }
  });

  test('COLUMNS sets the width', async () => {
    const rule = async (env: Record<string, string>) =>
      /connections (─+)/.exec((await lastack('web.pcap', undefined, { env })).out)?.[1].length;
    expect(await rule({})).toBe(80 - '130 connections '.length);
    expect(await rule({ COLUMNS: '60' })).toBe(60 - '130 connections '.length);
  });

  test('ASCII when asked for or when the locale cannot do more', async () => {
    const isAscii = (text: string) => [...text].every((character) => character.charCodeAt(0) < 128);
    expect(isAscii((await lastack('web.pcap --ascii')).out)).toBe(true);
    expect(isAscii((await lastack('web.pcap', undefined, { env: { LANG: 'C' } })).out)).toBe(true);
    expect(isAscii((await lastack('web.pcap', undefined, { env: { LANG: 'en_GB.UTF-8' } })).out)).toBe(false);
  });
});

describe('arguments', () => {
  test('the command analyze may be left out, several files are one capture', async () => {
    const { requests } = await lastack('a.pcap b.pcap');
    expect(requests[0].paths).toEqual(['a.pcap', 'b.pcap']);
    expect((await lastack('analyze a.pcap b.pcap')).requests[0].paths).toEqual(['a.pcap', 'b.pcap']);
  });

  test('the fast path and yargs read the same', async () => {
    const line =
      '--host 192.0.2.7 --port 80 -c 7 --outcome refused,reset --outcome open --closed-first none --finding half-close --min-severity note --time-wait 240 --segments -f json web.pcap --no-progress';
    const fast = await lastack(line);
    const slow = await lastack(`${line} --help=false`);
    expect(fast.requests).toHaveLength(1);
    const strip = (request: object) => ({ ...request, onProgress: undefined });
    expect(slow.requests.map(strip)).toEqual(fast.requests.map(strip));
    expect(fast.requests[0].filter).toEqual({
      host: '192.0.2.7',
      port: 80,
      connection: 7,
      outcomes: ['refused', 'reset', 'open'],
      closedFirst: null,
      findings: ['half-close'],
      minSeverity: 'note',
    });
    expect(fast.requests[0].timeWaitSeconds).toBe(240);
  });

  test('an IPv6 address may be written in any way', async () => {
    for (const host of ['2001:DB8:0:0:0:0:0:1', '[2001:db8::1]', '2001:db8::0001']) {
      expect((await lastack(`web.pcap --host ${host}`)).requests[0].filter).toEqual({ host: '2001:db8::1' });
    }
  });

  test('--version and --help', async () => {
    expect((await lastack('--version')).out).toBe('0.1.0\n');
    const { status, out } = await lastack('--help');
    expect(status).toBe(0);
    expect(out).toContain('lastack explain');
    expect((await lastack('explain --help')).out).toContain('--connection');
  });

  test('the completion script', async () => {
    expect((await lastack('completion')).out).toContain('complete -o');
  });

  test('completes commands, options and their values', async () => {
    const complete = async (words: string) =>
      (await lastack(`--get-yargs-completions lastack ${words}`)).out.split('\n');
    expect(await complete('exp')).toContain('explain');
    expect(await complete('web.pcap --f')).toEqual(expect.arrayContaining(['--format', '--fail-on', '--finding']));
    expect(await complete('explain web.pcap -')).not.toContain('--outcome');
    expect(await complete('web.pcap --format js')).toEqual(['text', 'json', 'ndjson', 'csv', '']);
    expect(await complete('web.pcap --fail-on x')).toEqual(expect.arrayContaining(['error', 'reset', 'half-close']));
    expect(await complete('web.pcap we')).toEqual(['']);
  });
});

describe('explain', () => {
  test('draws the connection that was picked', async () => {
    const { out, status } = await lastack('explain web.pcap --connection 9');
    expect(status).toBe(0);
    expect(out).toContain('FIN,ACK');
    expect(out).toContain('CLOSED was presumed at #11 and taken back at #12');
  });

  test('draws in the format that was asked for', async () => {
    const begins = { svg: '<svg ', html: '<!doctype html>', mermaid: 'sequenceDiagram', markdown: '## #9', json: '{' };
    for (const [format, begin] of Object.entries(begins)) {
      const { out, status } = await lastack(`explain web.pcap --connection 9 -f ${format}`);
      expect([status, out.slice(0, begin.length)]).toEqual([0, begin]);
    }
    expect((await lastack('explain web.pcap -f png')).err).toMatch(/there is no "png"; use text, svg/);
  });

  test('needs no number when there is one connection', async () => {
    const { out, requests } = await lastack('explain web.pcap', sampleDocument([refused()]));
    expect(out).toContain('ECONNREFUSED');
    const kept = requests.map(({ segments }) =>
      [1, 2].map((id) => (typeof segments === 'boolean' ? segments : segments(id))),
    );
    expect(kept).toEqual([
      [false, false],
      [true, false],
    ]);
  });

  test('lists the candidates when there are several', async () => {
    const document = sampleDocument([refused({ id: 1 }), resetByServer({ id: 2 })]);
    const { status, err } = await lastack('explain web.pcap', document);
    expect(status).toBe(2);
    expect(err).toContain('2 connections match');
    expect(err).toContain('192.0.2.10:40112 > 198.51.100.7:80  refused');
  });

  test('says so when there is none', async () => {
    const { status, err } = await lastack('explain web.pcap --connection 999');
    expect([status, err.split('\n')[0]]).toEqual([2, 'lastack: no such connection; the capture has 130']);
  });
});

describe('rules', () => {
  test('prints every format', async () => {
    expect(JSON.parse((await lastack('rules --format json')).out)).toHaveLength(18);
    expect((await lastack('rules --format mermaid')).out).toMatch(/^stateDiagram-v2\n/);
    expect((await lastack('rules --format dot')).out).toMatch(/^digraph tcp \{\n/);
    expect((await lastack('rules')).out).toContain('handshake-completed');
  });
});

describe('findings', () => {
  test('lists the codes', async () => {
    const { out } = await lastack('findings');
    expect(out).toMatchInlineSnapshot(`
      "handshake
        syn-unanswered        error    nothing answered the SYN
        connection-refused    error    the connection was refused

      teardown
        close-wait-lingering  warning  an application never closed its end
        half-close            info     one end closed its sending side and went on
                                       reading

      reset
        abortive-close        warning  an end aborted instead of closing

      One of them in full: lastack findings CODE
      "
    `);
  });

  test('explains one', async () => {
    const { out } = await lastack('findings half-close');
    expect(out).toMatchInlineSnapshot(`
      "· half-close
        one end closed its sending side and went on reading

      What it means
          What it means when the analysis says half-close, in a sentence that is long
          enough to be wrapped at least once.

      Likely cause
          What usually causes half-close.

      What to do
          What to do about half-close.

      Severity
          info, about the teardown

      Source
          RFC 9293 §3.6

      Connections with it: lastack CAPTURE --finding half-close
      "
    `);
    expect(JSON.parse((await lastack('findings half-close --format json')).out)).toMatchObject({ severity: 'info' });
  });

  test('knows which one was meant', async () => {
    const { status, err } = await lastack('findings half-closed');
    expect([status, err.split('\n')[0]]).toEqual([
      2,
      'lastack: findings: there is no "half-closed"; did you mean half-close?',
    ]);
  });
});
