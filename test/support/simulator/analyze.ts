import { analyzeBytes } from '../../../src/index.ts';
import type { Analyze } from './verify.ts';

/** The analysis of this project, as the oracle wants it. */
export const analyzePcap: Analyze = async (pcap) => analyzeBytes(pcap).connections;

/** The same, with every segment kept: the tracker then has no short cut for connections that go by the book. */
export const analyzePcapInFull: Analyze = async (pcap) => analyzeBytes(pcap, { segments: true }).connections;
