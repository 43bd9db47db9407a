/** What the properties of captures mean for the verdicts on their connections, each rule once. */
import type { CaptureInfo, Consequence, InterfaceResult } from './info.ts';
import { formatCount, formatDuration, formatQuantity, formatShare, secondsBetween } from './measure.ts';
import { severityRank } from './severity.ts';

/** What the rules look at. */
export interface CaptureFacts {
  readonly captures: readonly CaptureInfo[];
  readonly connectionCount: number;
  /** Findings about the capture itself, by code. */
  readonly findings: Readonly<Record<string, number>>;
}

type Rule = (facts: CaptureFacts) => Consequence | null;

/** Shorter captures cannot show that an end lingers in CLOSE_WAIT. */
const CLOSE_WAIT_SECONDS = 60;
/** Clocks that tick more slowly blur round trips and the order of events. */
const COARSE_TICKS_PER_SECOND = 1e5;
const HEADERS_CUT = ['truncated-link', 'truncated-ip', 'truncated-tcp', 'truncated-tunnel'];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const interfacesOf = ({ captures }: CaptureFacts): InterfaceResult[] => captures.flatMap((each) => each.interfaces);
const skippedOf = ({ captures }: CaptureFacts, reasons: readonly string[]): number =>
  sum(captures.flatMap(({ skipped }) => reasons.map((reason) => skipped[reason] ?? 0)));

const damaged: Rule = ({ captures }) => {
  const hurt = captures.filter(({ problem, format }) => problem !== null && format !== null);
  if (hurt.length === 0) return null;
  return {
    code: 'damaged',
    severity: 'error',
    observation: `${formatQuantity(hurt.length, 'file')} damaged: what comes behind the damage is not read.`,
    meaning:
      'Connections that go on there look as if the capture had ended: undetermined. Copy the file again from where it was captured.',
  };
};

const dropped: Rule = (facts) => {
  const told = interfacesOf(facts).filter((each) => each.droppedCount !== null);
  const lost = sum(told.map((each) => each.droppedCount ?? 0));
  if (lost === 0) return null;
  const received = sum(told.map((each) => each.receivedCount ?? each.packetCount));
  return {
    code: 'dropped',
    severity: 'warning',
    observation: `The capture lost ${formatQuantity(lost, 'packet')}${received > 0 ? ` (${formatShare(lost / (received + lost))})` : ''}, by its own counters.`,
    meaning:
      'A missing segment may be missing from the capture only. Findings that rest on absence are kept back where a gap shows. Capture with a filter or a larger buffer (tcpdump -B 65536, dumpcap -B 64).',
  };
};

const noCounters: Rule = (facts) => {
  const all = interfacesOf(facts);
  if (all.length === 0 || all.some((each) => each.droppedCount !== null)) return null;
  return {
    code: 'no-drop-counters',
    severity: 'info',
    observation: 'The capture does not say whether it lost packets.',
    meaning: 'Gaps in the data are the only sign of it. dumpcap writes the counters, tcpdump prints them when it ends.',
  };
};

const unsupported: Rule = ({ captures }) => {
  const counts = new Map<string, number>();
  for (const { skipped } of captures) {
    for (const [reason, count] of Object.entries(skipped)) {
      const [, name] = /^unsupported-linktype:(.*)$/.exec(reason) ?? [];
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }
  if (counts.size === 0) return null;
  const names = [...counts].map(([name, count]) => `${name} (${formatQuantity(count, 'packet')})`).join(', ');
  return {
    code: 'unsupported-link-type',
    severity: 'warning',
    observation: `Not read: ${names}.`,
    meaning: 'These packets take no part in any verdict.',
  };
};

const cutHeaders: Rule = (facts) => {
  const cut = skippedOf(facts, HEADERS_CUT);
  const options = facts.findings['truncated-header'] ?? 0;
  if (cut === 0 && options === 0) return null;
  const lengths = interfacesOf(facts).flatMap(({ snapLength }) => (snapLength > 0 ? [snapLength] : []));
  const snap = lengths.length > 0 ? ` (${formatCount(Math.min(...lengths))} bytes)` : '';
  const parts = [
    ...(cut > 0 ? [`${formatQuantity(cut, 'packet')} unreadable`] : []),
    ...(options > 0 ? [`${formatQuantity(options, 'connection')} with cut TCP headers`] : []),
  ];
  return {
    code: 'snap-length',
    severity: 'warning',
    observation: `The snap length${snap} cuts headers: ${parts.join(', ')}.`,
    meaning:
      'Without timestamps and SACK blocks some lost waves of a close cannot be told apart. Capture at least 128 bytes, 256 with tunnels.',
  };
};

const cutPayload: Rule = (facts) => {
  const cut = sum(interfacesOf(facts).map((each) => each.cutPacketCount));
  if (cut === 0 || cutHeaders(facts) !== null) return null;
  return {
    code: 'cut-payload',
    severity: 'info',
    observation: `${formatQuantity(cut, 'packet')} cut by the snap length, behind the headers.`,
    meaning: 'No verdict suffers: lengths come from the IP header. Only checksums of these cannot be verified.',
  };
};

const flagsOnly: Rule = ({ findings }) =>
  findings['filtered-capture'] === undefined
    ? null
    : {
        code: 'flags-only',
        severity: 'warning',
        observation: 'Only SYN, FIN and RST were captured.',
        meaning:
          'Who opened and who closed is seen, what was lost is not: findings about loss are left out, and an ACK that is missing means nothing. Capture without a filter on flags.',
      };

const oneWay: Rule = ({ findings, connectionCount }) => {
  const count = findings['one-way'] ?? 0;
  if (count === 0) return null;
  const all = count === connectionCount;
  return {
    code: 'one-way',
    severity: 'warning',
    observation: all
      ? 'Only one direction was captured.'
      : `Of ${formatQuantity(count, 'connection')} (${formatShare(count / connectionCount)}) only one direction was captured.`,
    meaning:
      'The states of the end that is not seen are presumed from what the other one acknowledges; such outcomes are partial. Look for asymmetric routing or a filter, or capture at an end.',
  };
};

const midstream: Rule = ({ findings, connectionCount }) => {
  const count = findings['midstream-start'] ?? 0;
  if (count === 0) return null;
  return {
    code: 'midstream',
    severity: 'note',
    observation: `${formatQuantity(count, 'connection')} (${formatShare(count / connectionCount)}) began before the capture.`,
    meaning: 'Window scale and roles are unknown there; roles are guessed from ports (roleBasis says so).',
  };
};

const gaps: Rule = ({ findings }) => {
  const count = findings['acked-unseen'] ?? 0;
  if (count === 0) return null;
  return {
    code: 'gaps',
    severity: 'warning',
    observation: `In ${formatQuantity(count, 'connection')} data was acknowledged that was never captured.`,
    meaning: 'The capture dropped it, not the network. These connections are not accused of loss.',
  };
};

const offload: Rule = (facts) => {
  const large = sum(interfacesOf(facts).map((each) => each.oversizedPacketCount));
  if (large === 0 && facts.findings['offload-superframe'] === undefined) return null;
  return {
    code: 'offload',
    severity: 'note',
    observation: `${formatQuantity(large, 'frame')} larger than the wire carries: segmentation offload (TSO, GRO).`,
    meaning:
      'The capture was taken on a host: one frame stands for several segments, so counts of segments and retransmissions are lower than on the wire. To see the wire: ethtool -K DEV tso off gso off gro off.',
  };
};

const checksumOffload: Rule = ({ captures }) => {
  const count = sum(captures.map(({ checksums }) => checksums?.offloaded ?? 0));
  if (count === 0) return null;
  return {
    code: 'checksum-offload',
    severity: 'note',
    observation: `${formatQuantity(count, 'segment')} captured before the network card had filled in the checksum.`,
    meaning:
      'The capture was taken on the host that sent them: what it sends is seen before it could be lost, so a segment that is here may never have left the machine.',
  };
};

const badChecksums: Rule = ({ captures }) => {
  const count = sum(captures.map(({ checksums }) => (checksums?.bad ?? 0) + (checksums?.badIpHeaders ?? 0)));
  if (count === 0) return null;
  return {
    code: 'bad-checksums',
    severity: 'warning',
    observation: `${formatQuantity(count, 'wrong checksum')} that no offload explains.`,
    meaning:
      'A receiver drops these segments without a word; lastack takes them as sent. Or the capture was edited (anonymised) and its checksums were not.',
  };
};

const duplicates: Rule = ({ findings }) => {
  const count = findings['capture-duplicates'] ?? 0;
  if (count === 0) return null;
  return {
    code: 'duplicates',
    severity: 'info',
    observation: `Packets of ${formatQuantity(count, 'connection')} were captured twice (any device, span port, or a router's two sides).`,
    meaning: 'The copies are set aside: they count as segments, never as retransmissions.',
  };
};

const clockSteps: Rule = (facts) => {
  const all = interfacesOf(facts).filter((each) => each.clockStepCount > 0);
  const furthest = Math.max(0, ...all.map((each) => each.furthestBackSeconds));
  if (furthest < 0.001) return null;
  const count = sum(all.map((each) => each.clockStepCount));
  return {
    code: 'clock-steps',
    severity: 'warning',
    observation: `The clock goes back ${formatQuantity(count, 'time')}, by ${formatDuration(furthest)} at most.`,
    meaning:
      'Round trips, durations and timers around these packets are not to be trusted. reordercap sorts a merged file.',
  };
};

const coarseClock: Rule = (facts) => {
  const slow = interfacesOf(facts).filter((each) => each.ticksPerSecond < COARSE_TICKS_PER_SECOND);
  if (slow.length === 0) return null;
  return {
    code: 'coarse-clock',
    severity: 'note',
    observation: 'The clock of the capture ticks more slowly than 10 µs.',
    meaning: 'Round trips are blurred, and copies of a packet cannot be told from retransmissions by their time.',
  };
};

const short: Rule = ({ captures, connectionCount }) => {
  const times = captures
    .flatMap(({ firstTime, lastTime }) => (firstTime && lastTime ? [firstTime, lastTime] : []))
    .sort();
  if (times.length === 0 || connectionCount === 0) return null;
  const seconds = secondsBetween(times[0], times[times.length - 1]);
  if (seconds >= CLOSE_WAIT_SECONDS) return null;
  return {
    code: 'short',
    severity: 'info',
    observation: `The capture covers ${formatDuration(seconds)}.`,
    meaning:
      'Absence needs time to show: an end that lingers in CLOSE_WAIT is reported after 60 s without a sign of it.',
  };
};

const encrypted: Rule = (facts) => {
  const count = skippedOf(facts, ['encrypted', 'esp']);
  if (count === 0) return null;
  return {
    code: 'encrypted',
    severity: 'note',
    observation: `${formatQuantity(count, 'packet')} encrypted below TCP.`,
    meaning:
      'Connections in there are not seen. Capture behind the decryption, or decrypt (airdecap-ng, MACsec, IPsec) first.',
  };
};

const fragments: Rule = ({ captures }) => {
  const lost = sum(
    captures.map(({ fragments: each }) => (each?.timedOut ?? 0) + (each?.evicted ?? 0) + (each?.unfinished ?? 0)),
  );
  const overlaps = sum(captures.map(({ fragments: each }) => each?.overlaps ?? 0));
  if (lost + overlaps === 0) return null;
  const parts = [
    ...(lost > 0 ? [`${formatQuantity(lost, 'datagram')} never completed`] : []),
    ...(overlaps > 0 ? [`${formatQuantity(overlaps, 'fragment')} over others`] : []),
  ];
  return {
    code: 'fragments',
    severity: 'note',
    observation: `IP fragments: ${parts.join(', ')}.`,
    meaning:
      'Of segments in datagrams that were never completed the first fragment counts if it holds the TCP header, and nothing follows from it; overlaps are dropped by receivers.',
  };
};

const malformedOptions: Rule = ({ captures }) => {
  const count = sum(captures.map(({ malformedOptionCount = 0 }) => malformedOptionCount));
  if (count === 0) return null;
  return {
    code: 'malformed-options',
    severity: 'note',
    observation: `${formatQuantity(count, 'TCP segment')} with a malformed list of options.`,
    meaning:
      'What parses of it is used. A receiver may drop such segments; a scanner, a fuzzer or a broken middlebox sends them.',
  };
};

const nothing: Rule = ({ captures, connectionCount }) =>
  connectionCount > 0 || captures.every(({ format }) => format === null)
    ? null
    : {
        code: 'no-tcp',
        severity: 'warning',
        observation: 'There is no TCP connection in here.',
        meaning: 'See the protocols above for what there is; a wrong capture filter or interface is the usual reason.',
      };

const RULES: readonly Rule[] = [
  damaged,
  nothing,
  dropped,
  gaps,
  flagsOnly,
  oneWay,
  unsupported,
  cutHeaders,
  badChecksums,
  clockSteps,
  midstream,
  offload,
  checksumOffload,
  encrypted,
  fragments,
  malformedOptions,
  coarseClock,
  duplicates,
  cutPayload,
  short,
  noCounters,
];

/** What follows from the facts, the most serious first. */
export function deduceConsequences(facts: CaptureFacts): Consequence[] {
  const found = RULES.flatMap((rule) => rule(facts) ?? []);
  return found.sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
}
