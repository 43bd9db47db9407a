// Opens so many TCP connections over loopback, one after the other, each closed by its client; then tries a port where nobody listens.
//   node traffic.mjs CONNECTIONS [PAUSE_MILLIS]
import { connect, createServer } from 'node:net';

const [count, pauseMillis = '20'] = process.argv.slice(2);
const server = createServer((socket) => socket.on('data', (data) => socket.end(data)).on('error', () => {}));
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

/** @param {number} target */
const visit = (target) =>
  new Promise((resolve) => {
    const socket = connect(target, '127.0.0.1', () => socket.write('x'.repeat(100)));
    socket
      .on('data', () => socket.end())
      .on('error', () => {})
      .on('close', () => resolve(undefined));
  });

for (let n = 0; n < Number(count); n++) {
  await visit(port);
  await new Promise((resolve) => setTimeout(resolve, Number(pauseMillis)));
}
await visit(1);
server.close();
