/** The packets that came last, as many as fit into a fixed piece of memory. */
import type { PacketSink } from './packet.ts';

/** Numbers kept of a packet. */
const Field = { START: 0, CAPTURED: 1, WIRE: 2, LINK_TYPE: 3, TIME: 4, END: 5 } as const;

export class PacketRing implements PacketSink {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #records: Float64Array;
  readonly #room: number;
  /** Frames `[#first, #next)` are here; 0 before the first. */
  #first = 0;
  #next = 0;
  #at = 0;

  /** Room for so many bytes, and so many packets at most. */
  constructor(bytes: number, packets: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#records = new Float64Array(packets * Field.END);
    this.#room = packets;
  }

  /** @hot */
  onPacket(
    bytes: Uint8Array,
    _view: DataView,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    frame: number,
    timeNanos: number,
  ): void {
    if (capturedBytes > this.#bytes.length) return;
    if (frame !== this.#next) this.#first = frame;
    this.#next = frame + 1;
    const records = this.#records;
    if (this.#at + capturedBytes > this.#bytes.length) {
      // What lies behind here are the oldest packets.
      while (this.#first < frame && this.#startOf(this.#first) >= this.#at) this.#first++;
      this.#at = 0;
    }
    const end = this.#at + capturedBytes;
    if (frame - this.#first >= this.#room) this.#first = frame - this.#room + 1;
    while (this.#first < frame) {
      const from = this.#startOf(this.#first);
      if (from < this.#at || from >= end) break;
      this.#first++;
    }
    const at = (frame % this.#room) * Field.END;
    records[at + Field.START] = this.#at;
    records[at + Field.CAPTURED] = capturedBytes;
    records[at + Field.WIRE] = wireBytes;
    records[at + Field.LINK_TYPE] = linkType;
    records[at + Field.TIME] = timeNanos;
    this.#bytes.set(bytes.subarray(start, start + capturedBytes), this.#at);
    this.#at = end;
  }

  #startOf(frame: number): number {
    return this.#records[(frame % this.#room) * Field.END + Field.START];
  }

  /** Hands on the packets of these frames that are still here, in their order; returns how many. */
  replay(frames: readonly number[], sink: PacketSink): number {
    let count = 0;
    for (const frame of frames) {
      if (frame < this.#first || frame >= this.#next) continue;
      const at = (frame % this.#room) * Field.END;
      const field = (index: number): number => this.#records[at + index];
      sink.onPacket(
        this.#bytes,
        this.#view,
        field(Field.START),
        field(Field.CAPTURED),
        field(Field.WIRE),
        field(Field.LINK_TYPE),
        frame,
        field(Field.TIME),
        0,
      );
      count++;
    }
    return count;
  }
}
