import type { Connection } from '../flow/connection.ts';

/** Both ends, the client first: what is found must not depend on which address is the lower one. */
export function clientFirst({ clientIndex }: Connection): readonly (0 | 1)[] {
  return clientIndex === 0 ? [0, 1] : [1, 0];
}

/** The end with the greater measure; of equals the client. */
export function leadingEnd(connection: Connection, measure: (index: 0 | 1) => number): 0 | 1 {
  const [client, server] = clientFirst(connection);
  return measure(server) > measure(client) ? server : client;
}
