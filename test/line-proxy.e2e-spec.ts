import { connect, createServer, AddressInfo } from 'node:net';
import { Proxy } from './faults/proxy';

it('keeps the order of what goes through it, however slow it is by turns, and however busy the process', async () => {
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('data', (bytes) => received.push(bytes)).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await Proxy.to((server.address() as AddressInfo).port);
  const client = connect({ port: proxy.ownPort, host: '127.0.0.1', noDelay: true });
  const length = () => received.reduce((sum, { length }) => sum + length, 0);
  let sent = 0;
  for (let round = 0; round < 300; round += 1) {
    if (round % 3 === 0) proxy.slow(round % 7);
    else if (round % 3 === 1) proxy.heal();
    const number = Buffer.alloc(4);
    number.writeUInt32BE(round);
    client.write(number);
    sent += 4;
    await new Promise((resolve) => setTimeout(resolve, round % 3));
    // Timers are late then, and what comes is dealt with first.
    for (const end = performance.now() + 4; performance.now() < end;);
  }
  while (length() < sent) await new Promise((resolve) => setTimeout(resolve, 5));
  const all = Buffer.concat(received);
  const order = Array.from({ length: 300 }, (_, index) => all.readUInt32BE(4 * index));
  expect(order).toEqual(Array.from({ length: 300 }, (_, index) => index));
  client.on('error', () => undefined).destroy();
  proxy.close();
  server.close();
});
