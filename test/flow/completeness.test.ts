import { describe, expect, it } from 'vitest';
import { completenessBits } from '../../src/flow/completeness.ts';

const F = 0x01;
const S = 0x02;
const R = 0x04;
const P = 0x08;
const A = 0x10;

/** OR over segments `[flags, payloadBytes]`. */
const completeness = (...segments: [number, number][]): number =>
  segments.reduce((bits, [flags, payloadBytes], index) => bits | completenessBits(flags, payloadBytes, index === 0), 0);

describe('tcp.completeness, as tshark 4.0.17 shows it for the same segments', () => {
  const cases: [string, number, [number, number][]][] = [
    [
      'a whole connection',
      31,
      [
        [S, 0],
        [S | A, 0],
        [A, 0],
        [P | A, 5],
        [A, 0],
        [F | A, 0],
        [F | A, 0],
        [A, 0],
      ],
    ],
    ['data in the first SYN', 9, [[S, 5]]],
    [
      'data in a repeated SYN',
      1,
      [
        [S, 0],
        [S, 5],
      ],
    ],
    [
      'data in a SYN-ACK',
      3,
      [
        [S, 0],
        [S | A, 5],
      ],
    ],
    [
      'a SYN after its SYN-ACK',
      2,
      [
        [S | A, 0],
        [S, 0],
      ],
    ],
    [
      'a simultaneous open',
      3,
      [
        [S, 0],
        [S, 0],
        [S | A, 0],
        [S | A, 0],
      ],
    ],
    [
      'midstream',
      12,
      [
        [A, 5],
        [A, 0],
      ],
    ],
    [
      'data without ACK',
      1,
      [
        [S, 0],
        [P, 5],
      ],
    ],
    [
      'a FIN without ACK',
      1,
      [
        [S, 0],
        [F, 0],
      ],
    ],
    [
      'a FIN with ACK',
      21,
      [
        [S, 0],
        [F | A, 0],
      ],
    ],
    [
      'a FIN with ACK and data',
      25,
      [
        [S, 0],
        [F | A, 5],
      ],
    ],
    [
      'a RST without ACK, with data',
      33,
      [
        [S, 0],
        [R, 5],
      ],
    ],
    [
      'a refusal',
      37,
      [
        [S, 0],
        [R | A, 0],
      ],
    ],
    [
      'a RST with ACK and data',
      41,
      [
        [S, 0],
        [R | A, 5],
      ],
    ],
    [
      'SYN and FIN',
      1,
      [
        [S | F, 0],
        [S | F, 0],
      ],
    ],
    [
      'SYN, RST and ACK',
      35,
      [
        [S, 0],
        [S | R | A, 0],
      ],
    ],
    [
      'SYN, FIN and ACK',
      19,
      [
        [S, 0],
        [S | F | A, 0],
      ],
    ],
    [
      'FIN, RST and ACK',
      53,
      [
        [S, 0],
        [F | R | A, 0],
      ],
    ],
    [
      'no flags',
      0,
      [
        [0, 0],
        [0, 5],
      ],
    ],
  ];
  for (const [name, expected, segments] of cases) it(name, () => expect(completeness(...segments)).toBe(expected));
});
