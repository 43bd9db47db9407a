import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZeekTracker } from '../../src/flow/zeek.ts';

const FLAG_BITS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, '.': 0 };
const parseFlags = (letters: string): number => [...letters].reduce((bits, letter) => bits | FLAG_BITS[letter], 0);

interface Setting {
  ports?: [number, number];
  /** Added to every sequence number of end 0 and acknowledgement of end 1, and the other way round. */
  shift?: [number, number];
}

/** Plays segments written `> SA 100 301 5 w0`: direction, flags, seq, ack, payload (0), window (w1000). */
function play(script: string, setting: Setting = {}): ZeekTracker {
  const [port0, port1] = setting.ports ?? [40000, 50000];
  const shift = setting.shift ?? [0, 0];
  const tracker = new ZeekTracker(port0, port1);
  for (const segment of script.split(',')) {
    const [direction, letters, seq, ack = '0', ...rest] = segment.trim().split(' ');
    const end = direction === '>' ? 0 : 1;
    const window = rest.find((word) => word.startsWith('w'))?.slice(1) ?? '1000';
    const payloadBytes = rest.find((word) => /^\d/.test(word)) ?? '0';
    const flags = parseFlags(letters);
    const shiftedAck = (flags & FLAG_BITS.A) === 0 ? Number(ack) : (Number(ack) + shift[1 - end]) >>> 0;
    const shiftedSeq = (Number(seq) + shift[end]) >>> 0;
    tracker.segment(end, flags, shiftedSeq, shiftedAck, Number(payloadBytes), Number(window));
  }
  return tracker;
}

const verdict = (script: string, setting?: Setting): string => {
  const tracker = play(script, setting);
  return `${tracker.connState()} ${tracker.history()}`;
};

const OPEN = '> S 100, < SA 300 101, > A 101 301';

const CASES: [string, string, string][] = [
  ['a SYN without answer', '> S 100, > S 100', 'S0 S'],
  ['a SYN answered by nothing but an ACK', '> S 100, < A 300 50', 'S0 Sa'],
  ['a refusal', '> S 100, < RA 0 101', 'REJ Sr'],
  ['a refusal, tried again with the same number', '> S 100, < RA 0 101, > S 100, < RA 0 101', 'REJ Sr'],
  ['an established connection', OPEN, 'S1 ShA'],
  ['a SYN and a SYN-ACK', '> S 100, < SA 300 101', 'S1 Sh'],
  ['a SYN-ACK with another number', '> S 100, < SA 300 101, < SA 350 101', 'S1 Sh'],
  ['data both ways', `${OPEN}, > PA 101 301 5, < A 301 106, < PA 301 106 7`, 'S1 ShADad'],
  ['a graceful close', `${OPEN}, > FA 101 301, < FA 301 102, > A 102 302`, 'SF ShAFf'],
  ['a close by the originator only', `${OPEN}, > FA 101 301, < A 301 102`, 'S2 ShAFa'],
  ['a close by the responder only', `${OPEN}, < FA 301 101, > A 101 302`, 'S3 ShAf'],
  ['a FIN repeated', `${OPEN}, > FA 101 301, > FA 101 301`, 'S2 ShAF'],
  ['a FIN repeated further on', `${OPEN}, > FA 101 301, > FA 111 301`, 'S2 ShAFF'],
  ['a FIN with data, repeated without', `${OPEN}, > FPA 101 301 5, > FA 106 301`, 'S2 ShAF'],
  ['an abort by the originator', `${OPEN}, > PA 101 301 5, > RA 106 301`, 'RSTO ShADR'],
  ['an abort by the responder', `${OPEN}, > PA 101 301 5, < RA 301 106`, 'RSTR ShADr'],
  ['a connect given up', '> S 100, < SA 300 101, > R 101', 'RSTO ShR'],
  ['a SYN, then a reset of its sender', '> S 100, > R 101', 'RSTOS0 SR'],
  ['a half-open connection found out', '> S 100, < A 777 50, > R 50', 'RSTOS0 SaR'],
  ['data between the SYN and the reset', '> S 100, > PA 101 1 3, > R 104', 'RSTOS0 SDR'],
  ['a reset after both FINs', `${OPEN}, > FA 101 301, < FA 301 102, > R 102`, 'SF ShAFfR'],
  ['a reset by the end that closed', `${OPEN}, > FA 101 301, > R 102`, 'RSTO ShAFR'],
  ['FIN, RST, and the FIN of the other end', `${OPEN}, > FA 101 301, > R 102, < FA 301 102`, 'SF ShAFRf'],
  ['a RST repeated', `${OPEN}, < R 301, < R 301, < R 309`, 'RSTR ShArr'],
  ['resets from both ends without data', '> S 100, < SA 300 101, > R 101, < RA 301 101', 'REJ ShRr'],
  ['resets from both ends with data', `${OPEN}, > PA 101 301 5, > RA 106 301, < R 301`, 'RSTR ShADRr'],
  ['one way, the originator', '> S 100, > A 101 301, > PA 101 301 9, > FA 110 301', 'SH SADF'],
  ['one way, the originator, open', '> S 100, > A 101 301, > PA 101 301 9', 'S0 SAD'],
  ['midstream', '> PA 500 900 5, < A 900 505', 'OTH Da'],
  ['midstream, a FIN from each end', '> FA 500 900, < FA 900 501', 'SF Ff'],
  ['midstream, a reset', '> PA 500 900 5, < R 900', 'RSTRH Dr'],
  ['midstream, a reset of the originator', '> PA 500 900 5, > R 505', 'OTH DR'],
  ['a simultaneous open', '> S 100, < S 300, > SA 100 301, < SA 300 101', 'S1 Ss'],
  ['SYN and FIN at once', '> SF 100', 'SH Q'],
  ['SYN and RST at once', '> SR 100, > SR 100', 'OTH Q'],
  ['FIN and RST at once', `${OPEN}, > FR 101, < FR 301`, 'REJ ShAIi'],
  ['no flags at all', '> . 100, > . 100 0 5', 'OTH D'],
  ['data in the SYN, which Zeek takes for a retransmission', '> S 100 0 9, < SA 300 110, > A 110 301', 'S1 SThA'],
];

describe('conn_state and history', () => {
  for (const [name, script, expected] of CASES) it(`of ${name}`, () => expect(verdict(script)).toBe(expected));
});

describe('retransmission', () => {
  it('writes t after d, at the 1st and the 10th', () => {
    expect(verdict(`${OPEN}, > PA 101 301 5, > PA 101 301 5`)).toBe('S1 ShADT');
    const eleven = Array.from({ length: 11 }, () => '< PA 301 106 7').join(', ');
    expect(verdict(`${OPEN}, > PA 101 301 5, ${eleven}`)).toBe('S1 ShADdtt');
  });

  it('counts a keep-alive with an octet and payload of a RST, not one without', () => {
    expect(verdict(`${OPEN}, > PA 101 301 5, > A 105 301 1`)).toBe('S1 ShADT');
    expect(verdict(`${OPEN}, > PA 101 301 5, > A 105 301`)).toBe('S1 ShAD');
    expect(verdict(`${OPEN}, > PA 101 301 5, > RA 106 301 4`)).toBe('RSTO ShADRT');
  });

  it('does not count the first segment of a midstream capture nor what comes after a reset', () => {
    expect(verdict('> PA 500 900 5, > PA 500 900 5')).toBe('OTH DT');
    expect(verdict(`${OPEN}, > PA 101 301 5, > RA 106 301, > PA 101 301 5`)).toBe('RSTO ShADR');
  });
});

describe('zero window', () => {
  it('is written for each end, also with a SYN', () => {
    expect(verdict(`${OPEN}, > PA 101 301 5, < A 301 106 0 w0, > A 106 301 0 w0`)).toBe('S1 ShADawW');
    expect(verdict('> S 100 0 w0')).toBe('S0 SW');
  });

  it('says nothing in a RST or once the peer has closed', () => {
    expect(verdict('> S 100, < RA 0 101 w0')).toBe('REJ Sr');
    expect(verdict(`${OPEN}, > FA 101 301, < A 301 102 w0`)).toBe('S2 ShAFa');
    expect(verdict(`${OPEN}, > FA 101 301 w0`)).toBe('S2 ShAFW');
  });
});

describe('content gaps', () => {
  it('are octets acknowledged and never seen', () => {
    expect(verdict(`${OPEN}, < A 301 151`)).toBe('S1 ShAaG');
    expect(verdict(`${OPEN}, > PA 111 301 5, < A 301 116`)).toBe('S1 ShADaG');
    expect(verdict(`${OPEN}, > PA 111 301 5, > PA 101 301 10, < A 301 116`)).toBe('S1 ShADTa');
  });

  it('are counted hole by hole', () => {
    const islands = Array.from({ length: 12 }, (_, index) => `> PA ${111 + 20 * index} 301 10`).join(', ');
    expect(verdict(`${OPEN}, ${islands}, < A 301 341`)).toBe('S1 ShADaGG');
  });

  it('neither begin at a FIN that was seen nor show through a reset', () => {
    expect(verdict(`${OPEN}, > FA 101 301, < A 301 102`)).toBe('S2 ShAFa');
    expect(verdict(`${OPEN}, < RA 301 151`)).toBe('RSTR ShAr');
    expect(verdict('> PA 500 900 5, < A 900 700')).toBe('OTH Da');
  });
});

describe('roles', () => {
  it('are those of the first SYN, whatever the ports', () => {
    expect(verdict('> S 100, < SA 300 101', { ports: [80, 40000] })).toBe('S1 Sh');
  });

  it('are swapped if a first segment without SYN comes from a server port', () => {
    expect(verdict('> PA 500 900 5, < A 900 505', { ports: [443, 40000] })).toBe('OTH ^dA');
    expect(verdict('> PA 500 900 5, < A 900 505', { ports: [80, 8080] })).toBe('OTH ^dA');
    expect(verdict('> PA 500 900 5, < A 900 505', { ports: [8080, 80] })).toBe('OTH Da');
  });

  it('are swapped if a first SYN-ACK comes from a server port', () => {
    expect(verdict('> SA 300 101, < A 101 301, > PA 301 101 5', { ports: [22, 40000] })).toBe('S1 ^hAd');
    expect(verdict('> SA 300 101, > A 301 120, > FA 301 120', { ports: [22, 40000] })).toBe('SHR ^haf');
    expect(verdict('> SA 300 101, > SA 300 101', { ports: [8080, 80] })).toBe('OTH H');
  });

  it('are swapped once data or an ACK follows a SYN-ACK', () => {
    expect(verdict('> SA 300 101, < A 101 301')).toBe('OTH ^hA');
    expect(verdict('> SA 300 101, > SA 300 101, > A 301 120, > FA 301 120')).toBe('SHR ^haf');
    expect(verdict('> SA 300 101, < A 101 301, < FA 101 301, > FA 301 102')).toBe('SF ^hAFf');
    expect(verdict('> SA 300 101, < A 101 301, > SA 300 101')).toBe('OTH ^hAh');
  });

  it('stay if a SYN-ACK is answered by a reset, as in a scan', () => {
    expect(verdict('> SA 300 101, < R 101')).toBe('REJ Hr');
    expect(play('> SA 300 101, < R 101').originatingEnd()).toBe(0);
  });

  it('are swapped if the SYN was captured after its SYN-ACK', () => {
    const tracker = play('> SA 300 101, < S 100, < A 101 301');
    expect([tracker.connState(), tracker.history(), tracker.originatingEnd()]).toEqual(['S1', 'Hs^A', 1]);
  });
});

describe('numbers', () => {
  const anyNumber = fc.integer({ min: 0, max: 0xffffffff });
  it('may start anywhere', () => {
    const scripts = CASES.map(([, script]) => script).filter((script) => !script.includes('RA 0 101'));
    scripts.push(`${OPEN}, > PA 111 301 5, < A 301 151, > PA 101 301 5`);
    fc.assert(
      fc.property(fc.constantFrom(...scripts), anyNumber, anyNumber, (script, shift0, shift1) => {
        expect(verdict(script, { shift: [shift0, shift1] })).toBe(verdict(script));
      }),
    );
  });

  it('never make it throw, and only known letters and states come out', () => {
    const segment = fc.tuple(
      fc.constantFrom<0 | 1>(0, 1),
      fc.integer({ min: 0, max: 0x1ff }),
      fc.oneof(anyNumber, fc.integer({ min: 0, max: 200 })),
      fc.oneof(anyNumber, fc.integer({ min: 0, max: 200 })),
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 65535 })),
      fc.constantFrom(0, 1000),
    );
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 60 }), (segments) => {
        const tracker = new ZeekTracker(40000, 80);
        for (const fields of segments) tracker.segment(...fields);
        expect(tracker.history()).toMatch(/^\^?[SHADFRGTWIQ^]*$/i);
        expect(tracker.connState()).toMatch(/^(S[0-3F]|REJ|RSTO|RSTR|RSTOS0|RSTRH|SHR?|OTH)$/);
      }),
    );
  });
});
