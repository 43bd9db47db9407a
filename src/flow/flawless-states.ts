/** The states that the ends of a flawless connection (flawless.ts) went through. */
import { RTT_VARIATION } from './connection.ts';
import type { Flawless } from './flawless.ts';
import { type FlawlessEnd, Step } from './flawless-end.ts';
import type { Moment } from './history.ts';
import { SHORTEST_DELAYED_ACK_NANOS } from './lost-wave.ts';

/** Enters all of them, once it is known how the connection ended. */
export function enterStates(flawless: Flawless): void {
  enterOpening(flawless);
  enterEnding(flawless);
}

function enterOpening({ client, server, syn, synAck, third, proof }: Flawless): void {
  client.steps = 0;
  server.steps = 0;
  client.enter(Step.SYN_SENT, syn);
  server.enter(Step.LISTEN, syn);
  if (synAck.frame === 0) {
    if (third.frame === 0) return;
    client.enter(Step.ESTABLISHED, third);
    server.enter(Step.ESTABLISHED_ASSUMED, third);
    return;
  }
  server.enter(Step.SYN_RECEIVED, synAck);
  if (third.frame === 0) {
    client.enter(Step.ESTABLISHED_ASSUMED, synAck);
    return;
  }
  client.enter(Step.ESTABLISHED, synAck, third.frame);
  if (proof.frame === 0) server.enter(Step.ESTABLISHED_ASSUMED, third);
  else server.enter(Step.ESTABLISHED, third, proof.frame);
}

function enterEnding(flawless: Flawless): void {
  const { client, server, closingEnd: me, otherEnd: peer, reset, fins } = flawless;
  switch (flawless.ending) {
    case 'refused':
      client.enter(Step.CLOSED_ASSUMED, reset);
      server.enter(Step.CLOSED, reset);
      break;
    case 'abandoned':
      client.withdraw(reset);
      client.enter(Step.CLOSED, reset);
      server.enter(Step.CLOSED_ASSUMED, reset);
      break;
    case 'reset':
      me.enter(Step.CLOSED_ASSUMED, reset);
      peer.enter(Step.CLOSED_ASSUMED, reset);
      break;
    case 'half-closed':
    case 'late-reset':
      me.enter(Step.FIN_WAIT_1, flawless.fin1);
      fins[0].enterSender(me, Step.FIN_WAIT_2);
      fins[0].enterReceiver(peer, Step.CLOSE_WAIT);
      if (reset.frame === 0) break;
      me.enter(Step.CLOSED, reset);
      peer.enter(Step.CLOSED_ASSUMED, reset);
      break;
    case 'closed':
    case 'last-fin-unheard':
      enterClose(flawless, me, peer);
      break;
    case 'fin-unheard':
      me.enter(Step.FIN_WAIT_1, flawless.fin1);
      break;
    case 'crossing':
      enterCrossing(flawless, me, peer);
      break;
  }
}

function enterClose(flawless: Flawless, me: FlawlessEnd, peer: FlawlessEnd): void {
  const { fin1, cover2, fin2, fins } = flawless;
  const isHeard = cover2.frame !== 0;
  me.enter(Step.FIN_WAIT_1, fin1);
  if (flawless.isThreeSegments) me.enter(isHeard ? Step.TIME_WAIT : Step.TIME_WAIT_ASSUMED, fin2, cover2.frame);
  else {
    fins[0].enterSender(me, Step.FIN_WAIT_2);
    if (isHeard) fins[1].enterReceiver(me, Step.TIME_WAIT);
  }
  fins[0].enterReceiver(peer, Step.CLOSE_WAIT);
  peer.enter(Step.LAST_ACK, fin2);
  if (isHeard) fins[1].enterSender(peer, Step.CLOSED_ASSUMED);
  if (me.current === Step.FIN_WAIT_2) return;
  const { last, lastCover } = fins[1];
  const begun = me.entered[me.steps - 1];
  endTimeWait(flawless, me, last.timeNanos > begun.timeNanos ? last : begun, isHeard ? lastCover : fin1);
}

/** Each end is in CLOSING when it covers the other FIN, which is proven of the one that does so first and at once. */
function enterCrossing(flawless: Flawless, me: FlawlessEnd, peer: FlawlessEnd): void {
  const { fin1, cover1, fin2, cover2 } = flawless;
  const isPeerFirst = cover1.frame < cover2.frame;
  const [first, firstCover, answered] = isPeerFirst ? [peer, cover1, fin1] : [me, cover2, fin2];
  const isPrompt =
    firstCover.timeNanos - answered.timeNanos <= flawless.rttNanos * RTT_VARIATION + SHORTEST_DELAYED_ACK_NANOS;
  for (const [end, fin, cover, own] of [
    [me, fin1, cover1, cover2],
    [peer, fin2, cover2, cover1],
  ] as const) {
    end.enter(Step.FIN_WAIT_1, fin);
    if (end === first && isPrompt) end.enter(Step.CLOSING, fin2, cover.frame);
    else end.enter(Step.CLOSING_ASSUMED, fin2);
    end.enter(Step.TIME_WAIT_ASSUMED, cover);
    endTimeWait(flawless, end, cover, own);
  }
}

/**
 * TIME_WAIT that began with a segment ends by the next connection, or by the timer, if it was watched for so long and nothing was
 * sent behind that.
 */
function endTimeWait(flawless: Flawless, end: FlawlessEnd, since: Moment, lastSent: Moment): void {
  const { successor, nowNanos, timeWaitNanos, last } = flawless;
  const endNanos = since.timeNanos + timeWaitNanos;
  if (successor.frame !== 0 && successor.timeNanos < endNanos) end.enter(Step.CLOSED_ASSUMED, successor);
  else if (endNanos <= nowNanos && lastSent.timeNanos < endNanos) end.timeOut(last.frame, endNanos);
}
