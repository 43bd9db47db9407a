/** The four findings `teardown-w1-lost` to `teardown-w4-lost` differ only in which wave they tell of. */
import { type Sentence, say } from '../base/sentence.ts';
import type { Connection, LostWave } from '../flow/connection.ts';
import type { End } from '../flow/vocabulary.ts';
import type { Evidence } from './detector.ts';
import { endName } from './words.ts';

/** What both kinds of entries have in common. */
export const LOST_WAVE_SOURCE = 'RFC 9293 §3.6 (figure 12); RFC 2883 §4; RFC 7323 §4.3; RFC 6298 §5';

export const LOST_FIN_CAUSE =
  'Packet loss between the capture point and the receiver: a full queue, a bad link, a firewall, or a full receive queue of the host. A stack that never reports duplicates (some BSDs do not) would look the same if only the acknowledgment was lost.';

export const LOST_ACK_CAUSE =
  'Packet loss on the way back. A pure ACK is never repeated of its own accord: only the repeated FIN brings another one.';

/** The evidence that a wave was lost, on whichever side of the tap. */
export function detectLostWave(connection: Connection, wave: LostWave['wave']): Evidence | null {
  const losses = connection.lostWaves.filter((each) => each.wave === wave);
  const [first] = losses;
  if (first === undefined || connection.firstFinIndex === -1) return null;
  const isOfFirst = wave <= 2;
  const index = isOfFirst === (connection.firstFinIndex === 0) ? 0 : 1;
  const frames = losses.length === 1 ? first.frames : losses.flatMap((each) => each.frames);
  const message = (): string => {
    const [sender, receiver] = [endName(connection, index), endName(connection, index === 0 ? 1 : 0)];
    return losses.map((loss) => lossMessage(sender, receiver, loss)).join(' ');
  };
  return { at: 'path', frames, message };
}

/** Whose FIN it is about, the other end, and what shows that it or its acknowledgment was lost. */
export function lossMessage(sender: End, receiver: End, { side, evidence, frames }: Omit<LostWave, 'wave'>): Sentence {
  const [first] = frames;
  const last = frames[frames.length - 1];
  if (evidence === 'cover-seen') {
    const repeat = frames[1];
    const again = frames.length > 2 ? say`; the same happened again, up to frame ${last}` : '';
    return say`The ${receiver}'s ACK of the ${sender}'s FIN passed the capture point (frame ${first}) and was lost behind it: more than a round trip later the ${sender} sent its FIN again (frame ${repeat})${again}.`;
  }
  if (side === 'before-tap') {
    const why = evidence === 'd-sack' ? 'reports the FIN as a duplicate' : 'echoes the first copy of the FIN';
    return say`The ${sender}'s FIN (frame ${first}) had arrived, but its first ACK never passed the capture point: the ACK in frame ${last} ${why}.`;
  }
  const repeat = frames[1];
  const why =
    evidence === 'no-d-sack'
      ? 'reports no duplicate, although both ends use SACK'
      : 'comes from TIME_WAIT and echoes a later copy';
  return say`The ${sender}'s FIN (frame ${first}) was lost behind the capture point: it was sent again (frame ${repeat}), and its first ACK (frame ${last}) ${why}.`;
}
