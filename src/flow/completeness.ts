/**
 * Wireshark's `tcp.completeness`: which kinds of segments a conversation showed, as six bits.
 *
 *       32     16     8      4      2        1
 *     | RST  | FIN | data | ACK | SYN-ACK | SYN |
 *
 *     SYN       the conversation's first segment is a SYN without ACK; a SYN further on is not counted
 *     SYN-ACK   SYN and ACK, whatever else
 *     ACK       ACK without SYN, no payload; an RST or FIN may come with it
 *     data      payload with ACK and without SYN, or in the SYN that is the first segment
 *     FIN       FIN with ACK
 *     RST       RST, whatever else
 *
 * Source: Wireshark User's Guide, "TCP Conversation Completeness"; the fine print was measured on tshark 4.0.17.
 */
import { TcpFlag } from '../wire/batch.ts';

/** Bits of `tcp.completeness`. */
export const Completeness = { SYN: 1, SYN_ACK: 2, ACK: 4, DATA: 8, FIN: 16, RST: 32 } as const;

const SYN_ACK = TcpFlag.SYN | TcpFlag.ACK;
const FIN_ACK = TcpFlag.FIN | TcpFlag.ACK;

/**
 * Bits that one segment adds to `tcp.completeness`; the connection's value is the OR over all its segments.
 *
 * `flags` are `TcpFlag` bits, `payloadBytes` is by the IP length, `isFirst` tells the connection's first captured segment.
 *
 * @hot
 */
export function completenessBits(flags: number, payloadBytes: number, isFirst: boolean): number {
  let bits = (flags & TcpFlag.RST) === 0 ? 0 : Completeness.RST;
  if ((flags & FIN_ACK) === FIN_ACK) bits |= Completeness.FIN;
  switch (flags & SYN_ACK) {
    case SYN_ACK:
      return bits | Completeness.SYN_ACK;
    case TcpFlag.ACK:
      return bits | (payloadBytes > 0 ? Completeness.DATA : Completeness.ACK);
    case TcpFlag.SYN:
      if (!isFirst) return bits;
      return bits | Completeness.SYN | (payloadBytes > 0 ? Completeness.DATA : 0);
    default:
      return bits;
  }
}
