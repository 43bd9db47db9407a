/**
 * Where the packets of a fixture cannot show what a kernel did: the path that is right to conclude, and why.
 *
 * Keys are `local remote` as in the truth file.
 */
export const UNSEEN: Record<string, { why: string; paths: Record<string, string[]> }> = {
  'close-wait-leak': {
    why: 'The orphaned FIN_WAIT_2 ended by a timer (tcp_fin_timeout) inside a silent host.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2'.split(' '),
    },
  },
  'fin-never-acknowledged': {
    why: 'The client gave its FIN up by a timer (tcp_orphan_retries) without another packet.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'SYN_SENT ESTABLISHED FIN_WAIT_1'.split(' '),
    },
  },
  'final-ack-lost-v6': {
    why: 'Every last ACK was seen at the tap; after two of them had proved lost, none is presumed to arrive.',
    paths: {
      '[2001:db8:2::20]:8080 [2001:db8:1::10]:40001': 'SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK'.split(' '),
    },
  },
  'final-ack-lost': {
    why: 'Every last ACK was seen at the tap; after two of them had proved lost, none is presumed to arrive.',
    paths: {
      '198.51.100.20:8080 192.0.2.10:40001': 'SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK'.split(' '),
    },
  },
  'final-ack-never-seen': {
    why: 'Not one last ACK reached the tap: nothing shows that the client had the FIN, or that the server gave up.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2'.split(' '),
      '198.51.100.20:8080 192.0.2.10:40001': 'SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK'.split(' '),
    },
  },
  'final-ack-not-captured': {
    why: 'The last ACK was not captured: nothing shows that it was sent, let alone that it arrived.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2'.split(' '),
      '198.51.100.20:8080 192.0.2.10:40001': 'SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK'.split(' '),
    },
  },
  'flags-only': {
    why: 'The capture holds only segments with SYN, FIN or RST: the ACKs that moved the ends are not in it.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'SYN_SENT ESTABLISHED FIN_WAIT_1 TIME_WAIT'.split(' '),
      '198.51.100.20:8080 192.0.2.10:40001': 'SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK'.split(' '),
    },
  },
  'last-ack-gives-up': {
    why: 'The server gave up by a timer (tcp_orphan_retries) inside a silent host.',
    paths: {
      '198.51.100.20:8080 192.0.2.10:40001': 'SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK'.split(' '),
    },
  },
  'midstream-half-closed': {
    why: 'The capture began after the client had closed: what came before the first packet is not in it, and the FIN that is there looks like the first.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'ESTABLISHED CLOSE_WAIT'.split(' '),
      '198.51.100.20:8080 192.0.2.10:40001': 'ESTABLISHED FIN_WAIT_1 FIN_WAIT_2'.split(' '),
    },
  },
  midstream: {
    why: 'The capture began after the handshake.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT'.split(' '),
      '198.51.100.20:8080 192.0.2.10:40001': 'ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED'.split(' '),
    },
  },
  'one-way-server': {
    why: 'Only what the server sent was captured: what the client did, and what the server had received, does not show in full.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'ESTABLISHED'.split(' '),
      '198.51.100.20:8080 192.0.2.10:40001': 'SYN_RECEIVED ESTABLISHED FIN_WAIT_1'.split(' '),
    },
  },
  'one-way': {
    why: 'Only what the client sent was captured: when the server answered does not show.',
    paths: {
      '198.51.100.20:8080 192.0.2.10:40001': 'ESTABLISHED LAST_ACK CLOSED'.split(' '),
    },
  },
  'self-connect': {
    why: 'All happened within microseconds: the kernel was polled too seldom to record the states in between, the packets show them.',
    paths: {
      '192.0.2.10:40001 192.0.2.10:40001': 'SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 CLOSING TIME_WAIT'.split(' '),
    },
  },
  'syn-ack-never-arrives': {
    why: 'The last SYN-ACK may have arrived for all that the tap shows; both ends gave up by timers.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'SYN_SENT ESTABLISHED'.split(' '),
      '198.51.100.20:8080 192.0.2.10:40001': 'SYN_RECEIVED'.split(' '),
    },
  },
  'time-wait-reuse-by-client': {
    why: 'The kernel reuses the entry in TIME_WAIT without closing it first.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080':
        'SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT'.split(
          ' ',
        ),
    },
  },
  'time-wait-reuse-by-server': {
    why: 'The kernel reuses the entry in TIME_WAIT without closing it first.',
    paths: {
      '198.51.100.20:8080 192.0.2.10:40001':
        'SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT'.split(
          ' ',
        ),
    },
  },
  unanswered: {
    why: 'The client gave up by a timer (tcp_syn_retries) without another packet.',
    paths: {
      '192.0.2.10:40001 198.51.100.20:8080': 'SYN_SENT'.split(' '),
    },
  },
};
