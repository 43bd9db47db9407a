import type { End } from '../../../src/flow/vocabulary.ts';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';
import { ACK, RST, type SimSegment, SYN } from './segment.ts';
import { Socket } from './socket.ts';
import { makeReset, type SocketHost, type SocketOptions } from './socket-sender.ts';

/** How a host treats a SYN that no socket wants. */
export type Door = 'listens' | 'refuses' | 'silent';

/** One host on one tuple: at most one living socket, a listener or none, and an answer for strangers. */
export class Host implements SocketHost {
  readonly end: End;
  readonly clock: Clock;
  readonly tsOffset: number;
  readonly sockets: Socket[] = [];
  door: Door;
  /** Is told of every socket before it does anything. */
  onSocket: (socket: Socket) => void = () => {};

  private readonly random: Random;
  private readonly options: SocketOptions;
  private readonly send: (segment: Omit<SimSegment, 'serial' | 'sentNanos'>) => void;
  private ipId: number;

  constructor(
    end: End,
    clock: Clock,
    random: Random,
    options: SocketOptions,
    door: Door,
    send: (segment: Omit<SimSegment, 'serial' | 'sentNanos'>) => void,
  ) {
    this.end = end;
    this.clock = clock;
    this.random = random;
    this.options = options;
    this.door = door;
    this.send = send;
    this.tsOffset = random.word();
    this.ipId = random.word() & 0xffff;
  }

  get current(): Socket | undefined {
    return this.sockets.at(-1);
  }

  transmit(segment: Omit<SimSegment, 'serial' | 'from' | 'sentNanos'>): void {
    this.send({ ...segment, from: this.end });
  }

  nextIpId(): number {
    this.ipId = (this.ipId + 1) & 0xffff || 1;
    return this.ipId;
  }

  /** Opens a connection; a socket of the same tuple in TIME_WAIT gives way. */
  connect(): Socket {
    const old = this.current;
    if (old?.state === 'TIME_WAIT') old.crash();
    const socket = this.makeSocket('CLOSED');
    socket.connect();
    return socket;
  }

  private makeSocket(state: 'CLOSED' | 'LISTEN'): Socket {
    const old = this.current;
    const iss = old === undefined ? this.random.word() : (old.iss + 0x1_0001 + (this.random.word() >>> 8)) >>> 0;
    const socket = new Socket(this, this.options, this.sockets.length, iss, state);
    this.sockets.push(socket);
    this.onSocket(socket);
    return socket;
  }

  receive(segment: SimSegment): void {
    const { current } = this;
    if (this.door === 'silent') return;
    if (current !== undefined && current.state !== 'CLOSED' && current.receive(segment) === 'done') return;
    const isSyn = (segment.flags & (SYN | ACK | RST)) === SYN;
    if (isSyn && this.door === 'listens') {
      this.makeSocket('LISTEN').acceptSyn(segment);
      return;
    }
    if (segment.flags & RST) return;
    this.transmit({ ...makeReset(segment), socket: -1, senderState: 'CLOSED' });
  }
}
