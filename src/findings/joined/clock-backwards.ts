import type { JoinedDetector } from '../joined.ts';
import { duration, times } from '../words.ts';

/** Smaller steps are left to inexact time stamps of several queues. */
const LEAST_STEP_NANOS = 1_000_000;

export const clockBackwards: JoinedDetector = {
  entry: {
    code: 'clock-backwards',
    category: 'capture',
    severity: 'note',
    title: 'The clock of the capture went back',
    meaning:
      'A packet is stamped earlier than the one that was captured before it on the same interface. Times and round trips around these frames are not to be trusted; the order is that of the file.',
    cause:
      'The clock of the capturing host was set back (NTP step, resumed virtual machine), or captures were appended to each other out of order.',
    hint: 'Slew the clock instead of stepping it (chrony without makestep) while capturing; sort merged files with mergecap or reordercap.',
    source: 'pcap and pcapng file formats: packets stand in the order of capture',
  },
  codes: [],
  create: () => ({
    take() {},
    minds: () => false,
    finish({ backwardFrames, backwardSteps, furthestBackNanos }) {
      if (backwardSteps === 0 || furthestBackNanos < LEAST_STEP_NANOS) return [];
      return [
        {
          at: 'capture',
          frames: backwardFrames,
          message: `The time stamps go back ${times(backwardSteps)}, first at frame ${backwardFrames[0]}, by ${duration(furthestBackNanos)} at most.`,
        },
      ];
    },
  }),
};
