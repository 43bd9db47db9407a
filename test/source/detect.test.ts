import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/source/detect.ts';
import { PcapngBlocks, pcapHeader, utf8 } from '../support/capture-bytes.ts';
import { parse } from '../support/packet-log.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.padEnd(64, '0'), 'hex'));

describe('what a file is', () => {
  it('knows captures by content', () => {
    expect(detectFormat(pcapHeader()).kind).toBe('pcap');
    expect(detectFormat(pcapHeader({ littleEndian: false, magic: 0xa1b23c4d })).kind).toBe('pcap');
    expect(detectFormat(new PcapngBlocks(false).section()).kind).toBe('pcapng');
  });

  it.each([
    ['1f8b08', 'gzip'],
    ['28b52ffd', 'zstd'],
    ['04224d18', 'lz4'],
    ['5a2a4d18', 'zstd'],
  ])('knows %s as %s', (magic, compression) => {
    expect(detectFormat(hex(magic))).toEqual({ kind: 'compressed', compression });
  });

  it.each([
    ['736e6f6f7000000000000002', 'snoop', 'editcap -F pcapng'],
    ['52545353', 'Network Monitor 1', 'editcap'],
    ['474d4255', 'Network Monitor 2', 'editcap'],
    ['1c0001ac', 'IXIA', 'editcap'],
    ['4f62736572766572506b744275666665', 'Observer', 'editcap'],
    ['4c4f474790000000', 'BLF', 'editcap'],
    ['45796553444e', 'EyeSDN', 'editcap'],
    ['0000020012050010', 'K12', 'editcap'],
    ['63707365', 'Capsa', 'editcap'],
    ['fd377a585a00', 'xz', 'unxz'],
    ['504b0304', 'zip', 'unzip'],
  ])('names %s as %s and says what to do', (magic, name, hint) => {
    const { error } = parse(hex(magic));
    expect(error).toMatchObject({ code: 'unsupported-format', byteOffset: 0, packetNumber: 0 });
    expect(error?.message).toContain(name);
    expect(error?.hint).toContain(hint);
  });

  it('tells an empty file, a text and anything else apart', () => {
    expect(parse(new Uint8Array(0)).error?.code).toBe('empty-file');
    expect(parse(utf8('12:00:01 IP 192.0.2.1 > 192.0.2.2: Flags [S]\n')).error?.message).toMatch(/text/);
    expect(parse(hex('0011223344')).error?.message).toContain('00 11 22 33');
    expect(parse(Uint8Array.of(0xa1, 0xb2)).error?.code).toBe('not-a-capture');
    expect(parse(Uint8Array.of(0xd4)).error?.message).toContain('begins d4');
    expect(parse(Uint8Array.of(0xff, 0xfe, 0x68, 0)).error?.message).toMatch(/text/);
  });
});
