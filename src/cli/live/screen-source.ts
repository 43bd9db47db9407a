/** What a session gives to the screen: ladders, and the packets of one connection in a file of their own. */
import type { LiveOptions } from '../../live/live-analysis.ts';
import type { Watched } from '../../live/watched.ts';
import { renderExplanation } from '../../report/explain.ts';
import { formatQuantity } from '../../report/measure.ts';
import type { TextOptions } from '../../report/terminal.ts';
import { PacketRing } from '../../source/packet-ring.ts';
import { PcapngFile } from '../../source/pcapng-file.ts';
import type { Rule } from '../../tcp/rule.ts';
import type { ScreenSource } from '../screen/model.ts';
import type { LiveRequest } from './options.ts';
import type { Session } from './session.ts';
import { describeLosses } from './status.ts';

/** Packets kept for `w`. */
const RING_BYTES = 64 << 20;
const RING_PACKETS = 500_000;
/** Segments kept of a connection, as long as no more connections than this are tracked. */
const SEGMENT_LIMIT = 400;
const MOST_WITH_SEGMENTS = 5000;

/** Keeps what the screen may be asked for. */
export class ScreenKeeper {
  readonly ring = new PacketRing(RING_BYTES, RING_PACKETS);
  session: Session | null = null;
  /** Segments are kept of connections that are seen while there are not too many. */
  readonly segments: Pick<LiveOptions, 'segments' | 'segmentLimit'> = {
    segments: () => (this.session?.live.openCount ?? 0) < MOST_WITH_SEGMENTS,
    segmentLimit: SEGMENT_LIMIT,
  };

  source(request: LiveRequest, rules: readonly Rule[], options: TextOptions): ScreenSource {
    const { session } = this;
    if (session === null) throw new Error('the session has not begun');
    const { live, capture } = session;
    return {
      live,
      title: `${request.interfaceName} ${request.filter}`.trim(),
      packetCount: () => capture.packetCount,
      losses: () => describeLosses(session),
      draw: (watched, width) => drawConnection(session, watched, rules, { ...options, width }),
      write: (watched) => this.#write(session, watched),
      stop: () => session.stop(),
    };
  }

  #write({ live }: Session, watched: Watched): string {
    const connection = live.describe(watched);
    if (connection === undefined) return 'the connection is gone';
    const frames = connection.segments?.map(({ frame }) => frame) ?? [];
    if (frames.length === 0) return 'no segments were kept of this connection: there are too many connections';
    const path = `lastack-${connection.id}-${connection.client.port}.pcapng`;
    let problem = '';
    try {
      const file = new PcapngFile(path, live.analysis.timeBase, {}, (_, error) => {
        problem = error.message;
      });
      const count = this.ring.replay(frames, {
        onPacket: (bytes, _view, start, captured, wire, linkType, _frame, timeNanos) =>
          file.add(bytes, start, captured, wire, linkType, timeNanos),
      });
      file.close();
      const missing = connection.endpoints.client.segments + connection.endpoints.server.segments - count;
      const rest = missing > 0 ? `; ${formatQuantity(missing, 'packet')} no longer in memory` : '';
      return problem === '' ? `${path}: ${formatQuantity(count, 'packet')} written${rest}` : `${path}: ${problem}`;
    } catch (error) {
      return `${path}: ${(error as Error).message}`;
    }
  }
}

function drawConnection(
  { live }: Session,
  watched: Watched,
  rules: readonly Rule[],
  options: TextOptions,
): readonly string[] {
  const connection = live.describe(watched);
  if (connection === undefined) return ['This connection is no longer tracked.'];
  if (connection.segments === undefined) {
    return ['No segments were kept of this connection: too many were tracked when it was seen first.'];
  }
  const { droppedRecords } = watched.connection;
  const note =
    droppedRecords === 0 ? [] : [`(${formatQuantity(droppedRecords, 'segment')} in the middle are not kept)`];
  return [...note, ...renderExplanation(connection, { rules }, options).split('\n')];
}
