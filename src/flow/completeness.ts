/**
 * Wireshark's `tcp.completeness`: which kinds of segments a conversation showed, as six bits.
 *
 *       32     16     8      4      2        1
 *     | RST  | FIN | data | ACK | SYN-ACK | SYN |
 *
 * Source: Wireshark User's Guide, "TCP Conversation Completeness", and the behaviour of tshark 4.0.
 */
import { TcpFlag } from '../wire/batch.ts';

/** Bits of `tcp.completeness`. */
export const Completeness = { SYN: 1, SYN_ACK: 2, ACK: 4, DATA: 8, FIN: 16, RST: 32 } as const;

/**
 * Bits that one segment adds to `tcp.completeness`; the connection's value is the OR over all its segments.
 *
 * `flags` are `TcpFlag` bits, `payloadBytes` is by the IP length.
 *
 * @hot
 */
export function completenessBits(flags: number, payloadBytes: number): number {
  let bits = (flags & TcpFlag.RST) !== 0 ? Completeness.RST : 0;
  if ((flags & TcpFlag.SYN) !== 0) {
    bits |= (flags & TcpFlag.ACK) !== 0 ? Completeness.SYN_ACK : Completeness.SYN;
    return bits;
  }
  if ((flags & TcpFlag.ACK) === 0) return bits;
  if (payloadBytes > 0) bits |= Completeness.DATA;
  else if ((flags & TcpFlag.FIN) === 0) bits |= Completeness.ACK;
  if ((flags & TcpFlag.FIN) !== 0) bits |= Completeness.FIN;
  return bits;
}
