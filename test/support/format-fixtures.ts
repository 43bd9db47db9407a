/**
 * The captures in fixtures/formats: the packets of one scenario in every container, link type and tunnel that is read.
 *
 * They follow from the scenario and the writers alone: `LASTACK_UPDATE=1 npx vitest run test/formats.test.ts` writes them.
 */
import { encodeEnhancedPacket, encodeInterface, encodeSectionHeader } from '../../src/base/pcapng-writer.ts';
import { buildTcpFrame, type TcpFrame } from '../../src/synth/frame.ts';
import { encodePcapHeader, encodePcapRecord } from '../../src/synth/pcap-writer.ts';
import { planFrames } from '../../src/synth/resolve.ts';
import { join, pcapFile } from './capture-bytes.ts';
import { type Encapsulation, encapsulate } from './encapsulations.ts';
import { loadScenario } from './scenario-runner.ts';

/** A frame of a capture and the segment that it must be decoded to. */
export interface FormatFrame {
  readonly encapsulation: Encapsulation;
  readonly bytes: Uint8Array;
  readonly segment: TcpFrame;
  readonly seconds: number;
  readonly nanos: number;
}

export interface FormatFixture {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly frames: readonly FormatFrame[];
}

const SCENARIO = 'handshake-ack-with-fin.md';
const FRAMES = 3;
const ETHERNET = 1;
const IPV4_BYTES = 20;
const SIX: Readonly<Record<string, string>> = { '10.0.0.1': '2001:db8::1', '10.0.0.2': '2001:db8::2' };

const packetOf = (frame: TcpFrame): number[] => {
  const bytes = buildTcpFrame({ ...frame, vlans: [] }).subarray(14);
  const isIpv6 = bytes[0] >> 4 === 6;
  const length = ((isIpv6 ? bytes[4] : bytes[2]) << 8) | (isIpv6 ? bytes[5] : bytes[3]);
  return [...bytes.subarray(0, isIpv6 ? length + 2 * IPV4_BYTES : length)];
};

/** Every encapsulation of the scenario's first segments, encapsulation by encapsulation. */
export function planFormatFrames(): FormatFrame[] {
  const segments = planFrames(loadScenario(SCENARIO)).flatMap((planned) =>
    planned.kind === 'tcp' ? [{ four: planned.frame, nanos: planned.timeNanos }] : [],
  );
  const perSegment = segments.slice(0, FRAMES).map(({ four, nanos }) => {
    const six = { ...four, source: SIX[four.source], destination: SIX[four.destination] };
    return encapsulate(packetOf(four), packetOf(six)).map((encapsulation) => ({
      encapsulation,
      bytes: Uint8Array.from(encapsulation.frame),
      segment: encapsulation.ipVersion === 6 ? six : four,
      seconds: 1_767_225_600,
      nanos,
    }));
  });
  return perSegment[0].flatMap((_, index) => perSegment.map((frames) => frames[index]));
}

function pcapng(frames: readonly FormatFrame[], orders: readonly boolean[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const littleEndian of orders) {
    const linkTypes = [...new Set(frames.map(({ encapsulation }) => encapsulation.linkType))];
    parts.push(encodeSectionHeader({ littleEndian }));
    for (const linkType of linkTypes) parts.push(encodeInterface({ linkType, littleEndian }));
    for (const { encapsulation, bytes, seconds, nanos } of frames) {
      const packet = {
        interfaceIndex: linkTypes.indexOf(encapsulation.linkType),
        ticks: BigInt(seconds) * 1_000_000_000n + BigInt(nanos),
        bytes,
        originalBytes: bytes.length,
      };
      parts.push(encodeEnhancedPacket(packet, littleEndian));
    }
  }
  return join(...parts);
}

function pcap(frames: readonly FormatFrame[], littleEndian: boolean, nanoseconds: boolean): Uint8Array {
  const style = { linkType: frames[0].encapsulation.linkType, snapLengthBytes: 262_144, littleEndian, nanoseconds };
  const records = frames.map(({ bytes, seconds, nanos }) =>
    encodePcapRecord({ seconds, nanos, bytes, originalBytes: bytes.length }, style),
  );
  return join(encodePcapHeader(style), ...records);
}

/** A variant that the writer does not know: modified by Kuznetzov, or of before the lengths were put in order. */
function oldPcap(frames: readonly FormatFrame[], options: Parameters<typeof pcapFile>[1]): Uint8Array {
  const packets = frames.map(({ bytes, seconds, nanos }) => ({ seconds, fraction: nanos / 1000, data: bytes }));
  return pcapFile(packets, { ...options, linkType: frames[0].encapsulation.linkType });
}

/** All of them. */
export function buildFormatFixtures(): FormatFixture[] {
  const frames = planFormatFrames();
  const ethernet = frames.filter(({ encapsulation }) => encapsulation.linkType === ETHERNET);
  const fixture = (file: string, bytes: Uint8Array, of: readonly FormatFrame[]): FormatFixture => ({
    file,
    bytes,
    frames: of,
  });
  const rest = [...new Set(frames.map(({ encapsulation }) => encapsulation.linkType))].filter(
    (type) => type !== ETHERNET,
  );
  const modified = { magic: 0xa1b2cd34 };
  return [
    fixture('little-endian.pcapng', pcapng(frames, [true]), frames),
    fixture('big-endian.pcapng', pcapng(frames, [false]), frames),
    fixture('two-sections.pcapng', pcapng(ethernet, [false, true]), [...ethernet, ...ethernet]),
    fixture('micros-little-endian.pcap', pcap(ethernet, true, false), ethernet),
    fixture('micros-big-endian.pcap', pcap(ethernet, false, false), ethernet),
    fixture('nanos-little-endian.pcap', pcap(ethernet, true, true), ethernet),
    fixture('nanos-big-endian.pcap', pcap(ethernet, false, true), ethernet),
    fixture('modified-little-endian.pcap', oldPcap(ethernet, modified), ethernet),
    fixture('modified-big-endian.pcap', oldPcap(ethernet, { ...modified, littleEndian: false }), ethernet),
    fixture('version-2-2.pcap', oldPcap(ethernet, { version: [2, 2] }), ethernet),
    ...rest.map((linkType) => {
      const own = frames.filter(({ encapsulation }) => encapsulation.linkType === linkType);
      return fixture(`linktype-${linkType}.pcap`, pcap(own, true, false), own);
    }),
  ];
}
