/** A scenario as a capture file. */

import { encodeEnhancedPacket, encodeInterface, encodeSectionHeader } from '../base/pcapng-writer.ts';
import { NANOS_PER_SECOND } from '../base/time.ts';
import { buildIcmpFrame, buildTcpFrame, buildTickFrame } from './frame.ts';
import {
  DEFAULT_PCAP_STYLE,
  encodePcapHeader,
  encodePcapRecord,
  type PacketRecord,
  type PcapStyle,
} from './pcap-writer.ts';
import { type PlannedFrame, planFrames } from './resolve.ts';
import type { Scenario } from './scenario.ts';

const LINKTYPE_ETHERNET = 1;

export interface CaptureOptions {
  /** Comments for Wireshark, by frame number from 1. */
  comments?: Map<number, string>;
  /** Name of the writing program. */
  application?: string;
}

function buildBytes(planned: PlannedFrame): Uint8Array {
  if (planned.kind === 'tcp') return buildTcpFrame(planned.frame);
  return planned.kind === 'icmp' ? buildIcmpFrame(planned.frame) : buildTickFrame(planned.frame);
}

function toRecord(planned: PlannedFrame, startSeconds: number): PacketRecord {
  const whole = Math.floor(planned.timeNanos / NANOS_PER_SECOND);
  const bytes = buildBytes(planned);
  return {
    seconds: startSeconds + whole,
    nanos: planned.timeNanos - whole * NANOS_PER_SECOND,
    bytes: planned.snapBytes > 0 ? bytes.subarray(0, planned.snapBytes) : bytes,
    originalBytes: bytes.length,
  };
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The scenario as a pcapng file: Ethernet, nanoseconds, as many interfaces as the script names. */
export function synthesizePcapng(scenario: Scenario, options: CaptureOptions = {}): Uint8Array {
  const frames = planFrames(scenario);
  const interfaceCount = 1 + frames.reduce((most, planned) => Math.max(most, planned.interfaceIndex), 0);
  const parts = [encodeSectionHeader(options.application ? { application: options.application } : {})];
  for (let index = 0; index < interfaceCount; index++) {
    parts.push(
      encodeInterface({
        linkType: LINKTYPE_ETHERNET,
        snapLengthBytes: scenario.settings.snapBytes,
        name: `if${index}`,
      }),
    );
  }
  for (const [index, planned] of frames.entries()) {
    const comment = options.comments?.get(index + 1);
    const record = toRecord(planned, scenario.settings.startSeconds);
    parts.push(
      encodeEnhancedPacket({
        ...record,
        ticks: BigInt(record.seconds) * 1_000_000_000n + BigInt(record.nanos),
        interfaceIndex: planned.interfaceIndex,
        ...(comment ? { comment } : {}),
      }),
    );
  }
  return concatenate(parts);
}

/** The scenario as a classic pcap file; interfaces are lost. */
export function synthesizePcap(scenario: Scenario, style: PcapStyle = DEFAULT_PCAP_STYLE): Uint8Array {
  const records = planFrames(scenario).map((planned) => toRecord(planned, scenario.settings.startSeconds));
  return concatenate([encodePcapHeader(style), ...records.map((record) => encodePcapRecord(record, style))]);
}
