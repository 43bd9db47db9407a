import { formatAddress } from '../base/address.ts';
import type { ConnectionNotes, TupleAddresses } from './build.ts';
import type { Piece, TextWriter } from './text-writer.ts';

/** Writes who talks to whom: `"client"`, `"server"` and, if there is one, `"tunnel"`. */
export class PlaceJson {
  readonly #writer: TextWriter;
  readonly #notes: ConnectionNotes;
  readonly #client: Piece;
  readonly #server: Piece;
  readonly #port: Piece;
  readonly #name: Piece;
  readonly #tunnel: Piece;
  readonly #objectEnd: Piece;

  constructor(writer: TextWriter, notes: ConnectionNotes) {
    this.#writer = writer;
    this.#notes = notes;
    this.#client = writer.constant(',"client":{"address":"');
    this.#server = writer.constant(',"server":{"address":"');
    this.#port = writer.constant('","port":');
    this.#name = writer.constant(',"name":');
    this.#tunnel = writer.constant(',"tunnel":');
    this.#objectEnd = writer.constant('}');
  }

  append(addresses: TupleAddresses, ports: readonly [number, number], clientIndex: 0 | 1): void {
    this.#appendEnd(this.#client, addresses, ports[clientIndex], clientIndex);
    this.#appendEnd(this.#server, addresses, ports[1 - clientIndex], 1 - clientIndex);
    const tunnel = this.#notes.tunnelOf(addresses, ports);
    if (tunnel !== undefined) this.#writer.quoted(this.#tunnel, tunnel);
  }

  #appendEnd(before: Piece, addresses: TupleAddresses, port: number, index: number): void {
    const words = index === 0 ? addresses.words0 : addresses.words1;
    this.#writer.address(before, addresses.ipVersion, words);
    this.#writer.whole(this.#port, port);
    if (this.#notes.hasNames) {
      const name = this.#notes.nameOf(formatAddress(addresses.ipVersion, words));
      if (name !== undefined) this.#writer.quoted(this.#name, name);
    }
    this.#writer.piece(this.#objectEnd);
  }
}
