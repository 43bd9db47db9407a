/**
 * Packets of an interface, as they come: a process captures, its output is read as any capture is.
 *
 *     cap      this very program once more (cap-helper.ts): time of arrival, no drop counter
 *     tcpdump  kernel time stamps; drop counter on demand (SIGUSR1) and at the end
 *     dumpcap  kernel time stamps; drop counter at the end, in its last block
 *
 * A process that ends because its interface went away is started again until the interface is back.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CAP_HELPER } from './cap-request.ts';
import { createParser } from './detect.ts';
import { type CaptureProgram, explainFailure, type LiveError, noProgram } from './live-error.ts';
import type { CaptureParser, InterfaceInfo, PacketSink, SourceContext } from './packet.ts';
import type { CaptureReport } from './reader.ts';

export interface LiveCaptureOptions {
  readonly via: CaptureProgram;
  readonly interfaceName: string;
  /** In the language of pcap-filter; empty for everything. */
  readonly filter: string;
  /** Bytes kept of each packet. */
  readonly snapLength: number;
  /** Packets that are delivered at most. */
  readonly packetLimit: number;
  /** Size of the kernel's buffer, bytes. */
  readonly bufferBytes: number;
  /** This program's own file, which captures by cap when it is run with `CAP_HELPER`. */
  readonly program: string;
  /** Names of the interfaces there are, for messages. */
  readonly known: readonly string[];
  /** Called after each piece of output, once its packets were delivered. */
  readonly onBatch: () => void;
  /** The interface went away, and came back. */
  readonly onOutage: (isOut: boolean, reason: string) => void;
  /** The capture ended for a reason that waiting does not help. */
  readonly onFailure: (error: unknown) => void;
}

/** What is known of losses; null is not told. */
export interface LossCounts {
  /** Packets that passed the filter, those that were dropped included, where the program tells it. */
  readonly received: number | null;
  /** Those of them that the kernel dropped because they were not fetched in time. */
  readonly dropped: number | null;
  /** Packets that the interface itself counted since the capture began; not told with a filter. */
  readonly onInterface: number | null;
}

/** Enough to tell pcap from pcapng. */
const PCAP_HEAD_BYTES = 24;
const RETRY_MILLIS = 500;
const SAID_CHARS = 8192;
/** What a process may take to end when it was asked to. */
const END_MILLIS = 15_000;
/** What each says once packets are captured; dumpcap tells the interface before it has tried. */
const READY: Readonly<Record<CaptureProgram, RegExp>> = {
  cap: /listening on/,
  tcpdump: /listening on/,
  dumpcap: /^File: /m,
};

export class LiveCapture {
  /** Packets delivered so far. */
  packetCount = 0;
  /** Time of the latest packet, nanoseconds after the time base; -Infinity before the first. */
  latestNanos = Number.NEGATIVE_INFINITY;
  firstNanos = Number.POSITIVE_INFINITY;
  /** When the latest piece of output came, by `performance.now()`. */
  latestReadMillis = Number.NEGATIVE_INFINITY;
  outages = 0;
  /** Packets that found no room on their way from the helper to here. */
  unfetchedCount = 0;
  readonly #options: LiveCaptureOptions;
  readonly #context: SourceContext;
  readonly #sink: PacketSink;
  readonly #interfaces: InterfaceInfo[] = [];
  readonly #countedBefore: number | null;
  #child: ChildProcess | null = null;
  #parser: CaptureParser | null = null;
  #head: Uint8Array = new Uint8Array(0);
  #said = '';
  #isStopping = false;
  #isOut = false;
  #retry: NodeJS.Timeout | null = null;
  #format: 'pcap' | 'pcapng' = 'pcap';
  /** Of processes that have ended, and of the one that runs. */
  #lossBefore = { received: 0, dropped: 0 };
  #loss: { received: number; dropped: number } | null = null;

  constructor(options: LiveCaptureOptions, context: SourceContext, sink: PacketSink) {
    this.#options = options;
    this.#context = context;
    this.#sink = sink;
    this.#countedBefore = countOnInterface(options.interfaceName);
  }

  /**
   * Resolves when packets are being captured.
   *
   * @throws LiveError when they cannot be
   */
  start(): Promise<void> {
    return this.#run();
  }

  /** Ends the capture; resolves when its last packets were delivered. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    const child = this.#child;
    if (child === null) return;
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.kill(this.#options.via === 'cap' ? 'SIGTERM' : 'SIGINT');
    const force = setTimeout(() => child.kill('SIGKILL'), END_MILLIS);
    await ended;
    clearTimeout(force);
  }

  /** Asks for the drop counter, where that is possible while the capture runs. */
  askForLosses(): void {
    if (this.#options.via === 'tcpdump') this.#child?.kill('SIGUSR1');
  }

  get losses(): LossCounts {
    const now = countOnInterface(this.#options.interfaceName);
    const { filter, packetLimit } = this.#options;
    const isAll = filter === '' && this.packetCount < packetLimit;
    const isComparable = now !== null && this.#countedBefore !== null && isAll;
    const onInterface = isComparable ? now - (this.#countedBefore ?? 0) : null;
    const counts = this.#loss;
    return {
      received: counts === null ? null : this.#lossBefore.received + counts.received,
      dropped: counts === null ? null : this.#lossBefore.dropped + counts.dropped,
      onInterface,
    };
  }

  /** What the result document says of the capture. */
  report(): CaptureReport {
    const isTimed = this.latestNanos >= this.firstNanos;
    return {
      path: this.#options.interfaceName,
      status: 'complete',
      format: this.#format,
      compression: null,
      linkTypes: [...new Set(this.#interfaces.map(({ linkType }) => linkType))],
      clock: this.#options.via === 'cap' ? 'arrival' : 'capture',
      packetCount: this.packetCount,
      firstTimeNanos: isTimed ? this.firstNanos : null,
      lastTimeNanos: isTimed ? this.latestNanos : null,
      interfaces: this.#interfaces,
      names: [],
      fileBytes: 0,
      sections: [],
      sectionCount: 1,
      duplicateCount: 0,
      problem: null,
    };
  }

  #run(): Promise<void> {
    const [command, args] = commandOf(this.#options);
    this.#said = '';
    this.#parser = null;
    this.#head = new Uint8Array(0);
    // Detached, so that Ctrl-C reaches this process alone, which then ends the other one in good order.
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    const endWithUs = (): void => void child.kill();
    process.once('exit', endWithUs);
    let isReady = false;
    return new Promise((resolve, reject) => {
      child.stdin.on('error', () => {});
      child.on('error', (error) => reject(noProgram(this.#options.via, error.message)));
      child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-SAID_CHARS);
        this.#readLosses();
        if (isReady || !READY[this.#options.via].test(this.#said)) return;
        isReady = true;
        this.#said = '';
        resolve();
      });
      child.on('close', () => {
        process.off('exit', endWithUs);
        if (this.#child === child) this.#child = null;
        this.#readLosses();
        this.#bookLosses();
        const failure = explainFailure(this.#options, this.#said);
        if (!isReady) reject(this.#isStopping ? new Error('stopped') : failure);
        else if (!this.#isStopping) this.#recover(failure);
      });
    });
  }

  /** The process has ended though nobody asked it to. */
  #recover(failure: LiveError): void {
    if (!this.#isOut) {
      this.#isOut = true;
      this.outages++;
      this.#options.onOutage(true, failure.message);
    }
    this.#retry = setTimeout(() => {
      this.#run().then(
        () => {
          this.#isOut = false;
          this.#options.onOutage(false, '');
        },
        (error: LiveError) => {
          if (!this.#isStopping) this.#recover(error);
        },
      );
    }, RETRY_MILLIS);
  }

  #take(chunk: Buffer): void {
    this.latestReadMillis = performance.now();
    try {
      this.#parse(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
      this.#options.onBatch();
    } catch (error) {
      this.#isStopping = true;
      this.#child?.kill('SIGKILL');
      this.#options.onFailure(error);
    }
  }

  #parse(bytes: Uint8Array): void {
    if (this.#parser !== null) {
      this.#parser.push(bytes);
      return;
    }
    const head = new Uint8Array(this.#head.length + bytes.length);
    head.set(this.#head);
    head.set(bytes, this.#head.length);
    this.#head = head;
    if (head.length < PCAP_HEAD_BYTES) return;
    this.#parser = createParser(head, this.#context, this.#forward(), this.#options.interfaceName);
    this.#format = this.#parser.format;
    this.#parser.push(head);
  }

  /** Numbers packets on, also over processes that followed each other. */
  #forward(): PacketSink {
    const sink = this.#sink;
    return {
      onPacket: (bytes, view, start, captured, wire, linkType, _frame, timeNanos, interfaceIndex) => {
        if (this.packetCount >= this.#options.packetLimit) return;
        const frame = ++this.packetCount;
        if (timeNanos > this.latestNanos) this.latestNanos = timeNanos;
        if (timeNanos < this.firstNanos) this.firstNanos = timeNanos;
        sink.onPacket(bytes, view, start, captured, wire, linkType, frame, timeNanos, interfaceIndex);
      },
      onInterface: (info) => {
        this.#interfaces.push(info);
        sink.onInterface?.(info);
      },
    };
  }

  #readLosses(): void {
    if (this.#options.via === 'cap') {
      this.#said = this.#said.replace(/^dropped (\d+)\n/gm, (_, count) => {
        this.unfetchedCount += Number(count);
        return '';
      });
    }
    if (this.#options.via !== 'tcpdump') return;
    const received = [...this.#said.matchAll(/(\d+) packets? received by filter/g)].at(-1);
    const dropped = [...this.#said.matchAll(/(\d+) packets? dropped by kernel/g)].at(-1);
    if (!received || !dropped) return;
    this.#loss = { received: Number(received[1]), dropped: Number(dropped[1]) };
    const info = this.#interfaces.at(-1);
    if (info !== undefined) info.droppedCount = this.#loss.dropped;
  }

  #bookLosses(): void {
    if (this.#options.via === 'dumpcap') {
      const { receivedCount, droppedCount } = this.#interfaces.at(-1) ?? { receivedCount: null, droppedCount: null };
      if (receivedCount !== null && droppedCount !== null)
        this.#loss = { received: receivedCount, dropped: droppedCount };
    }
    if (this.#loss === null) return;
    this.#lossBefore.received += this.#loss.received;
    this.#lossBefore.dropped += this.#loss.dropped;
    this.#loss = { received: 0, dropped: 0 };
  }
}

function commandOf(options: LiveCaptureOptions): [command: string, args: string[]] {
  const { via, interfaceName, filter, snapLength, bufferBytes, program } = options;
  const snap = String(snapLength);
  switch (via) {
    case 'cap':
      return [process.execPath, [program, CAP_HELPER, interfaceName, filter, snap, String(bufferBytes)]];
    case 'tcpdump': {
      const args = ['-i', interfaceName, '-n', '-U', '-w', '-', '-s', snap, '-B', String(bufferBytes >> 10)];
      return ['tcpdump', [...args, '--time-stamp-precision=nano', ...(filter === '' ? [] : ['--', filter])]];
    }
    case 'dumpcap': {
      const args = ['-i', interfaceName, '-w', '-', '-s', snap, '-B', String(Math.max(1, bufferBytes >> 20))];
      return ['dumpcap', [...args, ...(filter === '' ? [] : ['-f', filter])]];
    }
  }
}

/** Packets that the interface has received and sent since it is up (on loopback that is the same); null when it is not told. */
function countOnInterface(name: string): number | null {
  try {
    const read = (what: string): number => Number(readFileSync(`/sys/class/net/${name}/statistics/${what}`, 'utf8'));
    return read('rx_packets') + (name === 'lo' ? 0 : read('tx_packets'));
  } catch {
    return null;
  }
}
