import type { Finding } from '../findings/finding.ts';
import type {
  Certainty,
  ClosedFirst,
  CloseStyle,
  End,
  Outcome,
  RoleBasis,
  RstShape,
  UndeterminedReason,
} from '../flow/vocabulary.ts';
import type { Basis, Phase, TcpState } from '../tcp/states.ts';

/** Shapes of the result document: field names are a contract (`schemaVersion`). */
export const SCHEMA_VERSION = 1;

export interface StateEntry {
  state: TcpState;
  basis: Basis;
  /** Frame at which the state was entered; for a timer entry, the last frame before it. */
  frame: number;
  /** RFC 3339, nanoseconds, UTC. */
  time: string;
  provenFrame?: number;
  withdrawn?: { frame: number; time: string };
}

export interface EndpointResult {
  state: TcpState;
  basis: Basis;
  stateHistory: StateEntry[];
  /** Segments that the end sent; those of a socket connected to itself count at the client only, as do the other counts. */
  segments: number;
  payloadBytes: number;
  uniquePayloadBytes: number;
  syn: number;
  fin: number;
  rst: number;
  retransmittedSegments: number;
  outOfOrderSegments: number;
  duplicateAcks: number;
  zeroWindows: number;
  mss: number | null;
  windowScale: number | null;
  sackPermitted: boolean;
  timestamps: boolean;
}

export interface HandshakeResult {
  synFrame: number | null;
  synAckFrame: number | null;
  ackFrame: number | null;
  rttToServerSeconds: number | null;
  rttToClientSeconds: number | null;
  synRetransmissions: number;
  synAckRetransmissions: number;
}

export interface FinResult {
  from: End;
  frame: number;
  ackFrame: number | null;
  retransmissions: number;
}

export interface SegmentResult {
  frame: number;
  time: string;
  from: End;
  /** Wireshark's order, comma separated: `FIN,PSH,ACK`. */
  flags: string;
  seq: number;
  ack: number;
  length: number;
  labels: string[];
  phase: Phase;
  clientState: TcpState;
  serverState: TcpState;
  rules: string[];
}

export interface PlaceResult {
  address: string;
  port: number;
  /** Name that the capture gives to the address (pcapng name resolution); nothing is ever looked up. */
  name?: string;
}

export interface ConnectionResult {
  id: number;
  client: PlaceResult;
  server: PlaceResult;
  /** Tunnels it came through, outermost first (`gre > vxlan`); absent without one. */
  tunnel?: string;
  roleBasis: RoleBasis;
  firstFrame: number;
  lastFrame: number;
  startTime: string;
  endTime: string;
  durationSeconds: number;
  outcome: Outcome;
  certainty: Certainty;
  undeterminedBecause: UndeterminedReason | null;
  closedFirst: ClosedFirst;
  closeStyle: CloseStyle;
  resetBy: End | null;
  endpoints: { client: EndpointResult; server: EndpointResult };
  handshake: HandshakeResult | null;
  teardown: { fin1: FinResult; fin2: FinResult | null; durationSeconds: number | null } | null;
  resets: { from: End; frame: number; shape: RstShape; accepted: boolean }[];
  findings: Finding[];
  equivalents: { zeekConnState: string; zeekHistory: string; wiresharkCompleteness: number };
  segments?: SegmentResult[];
}

export interface CaptureResult {
  path: string;
  format: 'pcap' | 'pcapng';
  linkTypes: string[];
  clock: 'capture' | 'arrival';
  packetCount: number;
  tcpSegmentCount: number;
  firstTime: string | null;
  lastTime: string | null;
  /** Packets that were not analysed, by reason (`arp`, `udp`, `truncated-ip`, ...). */
  skipped: Record<string, number>;
  problem: null | { code: string; byteOffset: number; packetNumber: number; message: string };
  /** Packets that were lost before the capture could have them, by its own counters; absent when it has none. */
  droppedCount?: number;
  /** TCP segments with a malformed list of options, of which what parsed is used; absent when there are none. */
  malformedOptionCount?: number;
  /** Packets left out because another of the files has the same packet; absent when there are none. */
  duplicateCount?: number;
  /** TCP segments that came through tunnels, by path, outermost first; absent when there are none. */
  tunnels?: Record<string, number>;
  /** What became of IP fragments; absent when there are none. */
  fragments?: FragmentsResult;
  /** With `checksums`: what their verification found. */
  checksums?: ChecksumsResult;
}

export interface FragmentsResult {
  reassembled: number;
  duplicates: number;
  /** Fragments that cover octets already there; receivers drop such datagrams (RFC 5722). */
  overlaps: number;
  /** Overlaps whose octets differ. */
  conflicts: number;
  timedOut: number;
  evicted: number;
  oversized: number;
  /** Not complete when the capture was over. */
  unfinished: number;
  /** Datagrams never completed whose first fragment holds a whole TCP header: segments with the label `incomplete`. */
  incompleteSegments: number;
}

export interface ChecksumsResult {
  good: number;
  /** Wrong TCP checksums: their receiver drops these segments. */
  bad: number;
  /** Captured on the sending host before its network card had filled the checksum in: checksum offload. */
  offloaded: number;
  /** Not captured whole. */
  unverifiable: number;
  badIpHeaders: number;
  /** Frames with a wrong checksum, the first few. */
  badFrames: number[];
}

export interface SummaryResult {
  connectionCount: number;
  outcomes: Record<string, number>;
  closedFirst: Record<string, number>;
  findings: Record<string, number>;
  /** Connections given up before their time because there were too many at once; absent when there are none. */
  evicted?: { closed: number; open: number };
}

export interface ResultDocument {
  schemaVersion: typeof SCHEMA_VERSION;
  tool: { name: 'lastack'; version: string };
  captures: CaptureResult[];
  summary: SummaryResult;
  findings: Finding[];
  connections: ConnectionResult[];
}
