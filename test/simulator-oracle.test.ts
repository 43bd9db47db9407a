import { describe, expect, it } from 'vitest';
import type { End } from '../src/flow/vocabulary.ts';
import type { ConnectionResult, EndpointResult, StateEntry } from '../src/report/result.ts';
import { analyzePcap, analyzePcapInFull } from './support/simulator/analyze.ts';
import { captureRuns, type SimulatedCapture } from './support/simulator/capture.ts';
import { Oracle, type Untruth } from './support/simulator/oracle.ts';
import { type Analyze, isUneventful, verifyRuns } from './support/simulator/verify.ts';
import { FIN, type Simulation, simulate } from './support/simulator.ts';

/** What an observer who reads minds would say: at every segment, the state its sender truly was in. */
function tellTruth(run: Simulation, index: number, capture: SimulatedCapture): ConnectionResult {
  const frames = capture.frames.flatMap((frame, at) => (frame.run === index ? [{ ...frame, number: at + 1 }] : []));
  const [{ client, server }] = run.connections;
  const endpoint = (end: End): EndpointResult => {
    const stateHistory: StateEntry[] = [];
    for (const { number, record } of frames) {
      const { from, senderState: state } = record.segment;
      if (from !== end || stateHistory.at(-1)?.state === state) continue;
      stateHistory.push({ state, basis: 'proven', frame: number, time: '' });
    }
    const state = (end === 'client' ? client : server)?.state ?? 'CLOSED';
    return { state, basis: 'assumed', stateHistory } as unknown as EndpointResult;
  };
  const result = {
    id: index + 1,
    client: { address: '', port: capture.ports[index] },
    server: { address: '', port: 443 },
    firstFrame: frames[0].number,
    lastFrame: frames[frames.length - 1].number,
    outcome: 'graceful',
    endpoints: { client: endpoint('client'), server: endpoint('server') },
    handshake: null,
    findings: [],
  };
  return result as unknown as ConnectionResult;
}

function isGraceful(run: Simulation): boolean {
  const fins = new Set(run.tap.filter(({ segment }) => segment.flags & FIN).map(({ segment }) => segment.from));
  return isUneventful(run) && fins.size === 2 && run.connections[0].client.end !== 'reset';
}

describe('the oracle', () => {
  const runs = Array.from({ length: 60 }, (_, index) => simulate(index + 1, true)).filter(isGraceful);
  const startNanos = runs.map((_, index) => index * 100_000_000);
  const capture = captureRuns(runs, startNanos);
  const honest = runs.map((run, index) => tellTruth(run, index, capture));
  const judge = (connections: ConnectionResult[]): Untruth[] => {
    const oracle = new Oracle(runs, startNanos, capture);
    oracle.check(connections, () => ({ finalStates: true }));
    return oracle.untruths;
  };

  it('has nothing against the truth', () => {
    expect(runs.length).toBeGreaterThan(20);
    expect(judge(honest).filter((untruth) => untruth.kind !== 'outcome')).toEqual([]);
  });

  it('catches a state that was never reached, and one that is claimed too early', () => {
    const lying = structuredClone(honest);
    lying[0].endpoints.client.stateHistory[1].state = 'CLOSING';
    expect(judge(lying)).toContainEqual(expect.objectContaining({ run: 0, kind: 'proven-state' }));
    const early = structuredClone(honest);
    const history = early[1].endpoints.client.stateHistory;
    const late = history[history.length - 1];
    late.frame = early[1].firstFrame;
    expect(judge(early)).toContainEqual(expect.objectContaining({ run: 1, kind: 'proven-state' }));
  });

  it('catches a wrong end, a wrong outcome and a loss that was none', () => {
    const lying = structuredClone(honest);
    lying[0].endpoints.server.state = 'SYN_SENT';
    lying[1].outcome = 'open';
    const finding = { code: 'teardown-w2-lost', message: '' };
    lying[2].findings.push(finding as unknown as ConnectionResult['findings'][0]);
    const kinds = judge(lying).map((untruth) => `${untruth.run} ${untruth.kind}`);
    expect(kinds).toEqual(expect.arrayContaining(['0 final-state', '1 outcome', '2 finding']));
  });
});

/** What the analysis says wrongly of runs 1 to `count`, with the seed to run again. */
async function findUntruths(count: number, calm: boolean, analyze: Analyze): Promise<string[]> {
  const runs = Array.from({ length: count }, (_, index) => simulate(index + 1, calm));
  const { untruths } = await verifyRuns(runs, analyze);
  return untruths
    .filter((untruth) => untruth.kind !== 'proven-in-gap')
    .map((untruth) => `seed ${runs[untruth.run].seed}: ${untruth.kind}: ${untruth.message}`);
}

describe('the analysis of simulated connections', () => {
  it('is right about everything, final states too, when nothing is lost', async () => {
    expect(await findUntruths(250, true, analyzePcap)).toEqual([]);
  });

  it('proves no state that was not, and claims no loss that was none, when much is lost, repeated and reordered', async () => {
    expect(await findUntruths(300, false, analyzePcap)).toEqual([]);
  });

  it('is as right when every segment is kept', async () => {
    expect(await findUntruths(100, true, analyzePcapInFull)).toEqual([]);
    expect(await findUntruths(150, false, analyzePcapInFull)).toEqual([]);
  });

  it.each([
    ['segments of a connection that is over arrive in the next one', 3108],
    ['a SYN-ACK of a connection that is over arrives in the next one', 3757],
    ['the repeat of a FIN is the first to cover the FIN that crossed it', 16883],
    ['a FIN is overtaken by the ACK that its sender sent next', 1933],
    ['such a FIN is overtaken on a slower path', 2335],
    ['such a FIN is overtaken once more', 19643],
    ['the first FIN and what it acknowledges were not captured', 20],
    ['the SYN comes again after the SYN-ACK with which the capture begins', 851],
    ['so it does on another path', 13819],
    ['a FIN that was sent before the reset arrived follows such an ACK', 13339],
    ['the ACK of the second FIN is lost and the same sockets close once more', 10032],
    ['a SYN of before opens the tuple behind a reset', 6029295],
    ['a reset that was taken for exact is answered from SYN_RECEIVED', 8053796],
    ['a SYN-ACK whose SYN was not captured falls on an old connection', 6094886],
    ['it does when neither FIN was captured', 9011599],
    ['a SYN falls on an old connection and the answer was not captured', 10006479],
    ['data of a connection without captured SYNs follows a reset', 11026042],
    ['round trips are measured between SYNs that crossed', 6096448],
    ['the second FIN is overtaken past the tap', 7067793],
    ['the repeat of a FIN is held back for longer than a round trip', 15002502],
    ['it is held back without time stamps', 2094352],
    ['a FIN is acknowledged before it is captured', 7069250],
    ['the third segment was not captured', 7086494],
    ['the third segment answers a SYN-ACK that was not captured', 8056933],
    ['the server speaks before what seems to be the third segment', 8080851],
    ['the third segment is a repeat of data', 10049922],
    ['the SYN-ACK is repeated while the FIN is under way', 10037832],
    ['the SYN is repeated while the SYN-ACK is under way', 10065433],
    ['a SYN is doubled without a trace', 16022583],
    ['the only SYN-ACK that was captured is a repeat', 16084072],
    ['data is the first to cover a FIN and is a repeat', 10074635],
    ['the round trip to the server is not known', 9039034],
    ['an ACK is overtaken by the FIN behind it within a tick', 13062642],
    ['so it is on a path that tells nothing of the order', 91018797],
    ['the first FIN is held back and the capture shows it late', 17070937],
    ['the capture begins with the repeat of a SYN-ACK', 17087912],
    ['the first segment of the client lies behind its FIN', 23020280],
    ['a FIN is repeated at once without time stamps', 23069600],
    ['an ACK is held back past the tap', 24005217],
    ['a FIN of an end follows the reset that ended it', 25001781],
    ['data that covers a FIN comes at the end of the longest delay', 28002259],
    ['a whole connection follows FINs that were not captured', 36062261],
    ['an ACK with a later number shows that a FIN is a repeat', 36095135],
    ['a FIN that was thrown away comes again, and then twice', 71088780],
    ['FINs that seemed to cross are answered late', 36070666],
    ['data covers a FIN though the third segment was not captured', 38070780],
    ['data covers a FIN though octets before it were not captured', 27019653],
  ])('is right when %s (seed %i)', async (_, seed) => {
    const { untruths } = await verifyRuns([simulate(seed)], analyzePcap);
    expect(untruths).toEqual([]);
  });
});
