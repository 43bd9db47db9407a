// @ts-check
import { Conversation } from './conversation.mjs';

/** @typedef {import('./capture-writer.mjs').CaptureWriter} CaptureWriter */
/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {import('./scripts.mjs').Script} Script */
/** @typedef {import('./scripts.mjs').Habits} Habits */

const CLIENT_NET = (198 << 24) | (18 << 16);
const SERVER_NET = (198 << 24) | (19 << 16);
const FIRST_PORT = 32768;
const PORTS = 28232;
const REUSE_RING = 4096;
const REUSE_AFTER_MICROS = 1_500_000;
const SERVICE_PORTS = [80, 443, 443, 443, 22, 25, 5432, 6379, 8080, 9092];

/** Deals out tuples: every client's ports in turn, so that none comes back unless it is meant to. */
class Tuples {
  /** @param {Random} random @param {number} clients @param {number} servers @param {number} ipv6Share */
  constructor(random, clients, servers, ipv6Share) {
    this.random = random;
    this.clients = clients;
    this.servers = servers;
    this.ipv6Every = Math.round(1 / ipv6Share);
    this.dealt = 0;
  }

  /** @param {number} startMicros */
  next(startMicros) {
    const { random } = this;
    const client = this.dealt % this.clients;
    const clientPort = FIRST_PORT + (Math.floor(this.dealt / this.clients) % PORTS);
    const server = random.between(1, this.servers);
    this.dealt++;
    return {
      ipv6: client % this.ipv6Every === 0,
      client: CLIENT_NET + client + 1,
      clientPort,
      server: SERVER_NET + server,
      serverPort: SERVICE_PORTS[server % SERVICE_PORTS.length],
      isn: random.word(),
      startMicros,
    };
  }
}

/** Conversations under way, ordered by the time of their pending segment (a binary heap). */
class Heap {
  constructor() {
    /** @type {{ conversation: Conversation, script: Script, reusable: boolean }[]} */
    this.items = [];
  }

  /** @param {number} from */
  siftDown(from) {
    const { items } = this;
    const item = items[from];
    const time = item.conversation.timeMicros;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      const right = child + 1;
      if (right < items.length && items[right].conversation.timeMicros < items[child].conversation.timeMicros)
        child = right;
      if (items[child].conversation.timeMicros >= time) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = item;
  }

  build() {
    for (let i = (this.items.length >> 1) - 1; i >= 0; i--) this.siftDown(i);
  }

  removeTop() {
    const last = /** @type {Heap['items'][0]} */ (this.items.pop());
    if (this.items.length === 0) return;
    this.items[0] = last;
    this.siftDown(0);
  }
}

/**
 * How a capture's conversations are to be.
 *
 * @typedef {object} Plan
 * @property {number} connections
 * @property {number} live conversations under way at a time
 * @property {number} clients
 * @property {number} servers
 * @property {number} ipv6Share
 * @property {number} reuseShare share of connections on a tuple that had one before
 * @property {number} rampMicros time over which the first `live` start
 * @property {number} gapMicros mean pause before the next one starts
 * @property {Habits} habits
 * @property {{ script: (c: Conversation, habits: Habits) => Script, weight: number, reusable: boolean }[]} mix
 */

/** Starts conversations by a plan: on a fresh tuple, or now and then on one whose conversation is over. */
class Starter {
  /** @param {Random} random @param {Plan} plan */
  constructor(random, plan) {
    this.random = random;
    this.plan = plan;
    this.tuples = new Tuples(random, plan.clients, plan.servers, plan.ipv6Share);
    this.totalWeight = plan.mix.reduce((sum, entry) => sum + entry.weight, 0);
    this.started = 0;
    /** @type {Conversation[]} */
    this.finished = [];
  }

  pickScript() {
    let left = this.random.unit() * this.totalWeight;
    for (const entry of this.plan.mix) {
      left -= entry.weight;
      if (left < 0) return entry;
    }
    return this.plan.mix[0];
  }

  /** @param {number} startMicros */
  begin(startMicros) {
    this.started++;
    const { script, reusable } = this.pickScript();
    const old = this.takeFinished(startMicros);
    const conversation = old
      ? continueOn(this.random, old, startMicros)
      : new Conversation(this.random, this.tuples.next(startMicros));
    const item = { conversation, script: script(conversation, this.plan.habits), reusable: reusable && !old };
    item.script.next();
    return item;
  }

  /** @param {Conversation} conversation */
  keepFinished(conversation) {
    if (this.plan.reuseShare > 0 && this.finished.length < REUSE_RING) this.finished.push(conversation);
  }

  /** @param {number} startMicros @returns {Conversation | undefined} */
  takeFinished(startMicros) {
    const { finished, random } = this;
    if (finished.length === 0 || !random.chance(this.plan.reuseShare)) return undefined;
    const slot = random.between(0, finished.length - 1);
    const old = finished[slot];
    if (old.timeMicros + REUSE_AFTER_MICROS > startMicros) return undefined;
    finished[slot] = finished[finished.length - 1];
    finished.pop();
    return old;
  }
}

/**
 * Runs conversations by a plan and writes their segments in the order of time.
 *
 * @param {CaptureWriter} writer
 * @param {Random} random
 * @param {Plan} plan
 * @param {import('./truth.mjs').TruthCounter} truth
 */
export function runConversations(writer, random, plan, truth) {
  const starter = new Starter(random, plan);
  const heap = new Heap();
  const atOnce = Math.min(plan.live, plan.connections);
  for (let i = 0; i < atOnce; i++) heap.items.push(starter.begin(random.unit() * plan.rampMicros));
  heap.build();

  while (heap.items.length > 0) {
    const top = heap.items[0];
    writer.write(top.conversation);
    const step = top.script.next();
    if (!step.done) {
      heap.siftDown(0);
      continue;
    }
    truth.count(step.value);
    if (top.reusable) starter.keepFinished(top.conversation);
    if (starter.started < plan.connections) {
      heap.items[0] = starter.begin(top.conversation.timeMicros + random.exponential(plan.gapMicros));
      heap.siftDown(0);
    } else heap.removeTop();
  }
}

/** The same two hosts on the same tuple: clocks and sequence numbers go on. @param {Random} random @param {Conversation} old @param {number} startMicros */
function continueOn(random, old, startMicros) {
  const fresh = new Conversation(random, {
    ipv6: old.ipv6,
    client: old.client.address,
    clientPort: old.client.port,
    server: old.server.address,
    serverPort: old.server.port,
    isn: (old.client.nxt + 65537 + random.between(0, 1 << 24)) >>> 0,
    startMicros,
  });
  fresh.client.tsOffset = old.client.tsOffset;
  fresh.server.tsOffset = old.server.tsOffset;
  fresh.server.nxt = (old.server.nxt + 65537 + 1000) >>> 0;
  fresh.clientRttMicros = old.clientRttMicros;
  fresh.serverRttMicros = old.serverRttMicros;
  return fresh;
}
