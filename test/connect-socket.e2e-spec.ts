import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { LiveMessagesOptions } from 'nestjs-live-messages';
import { connect, open } from './support/client';
import { Host } from './support/host';
import { inSeconds, jws } from './support/jws';
import { Hosts, outcomeOf } from './support/knock';
import { OPCODES, RawClient, clientFrame } from './support/raw-client';
import { seen, seenBy } from './support/seen';
import { tokenOf } from './support/tokens';

const { text, binary, continuation, ping, pong } = OPCODES;
const SETUPS = [
  { http: 'Express', adapter: 'ours' },
  { http: 'Fastify', adapter: 'ours' },
  { http: 'Express', adapter: 'plain' },
] as const;
const hosts = new Hosts();
afterAll(() => hosts.close());

/** Resolves when the host has forgotten the next connection of a user. */
function goneFrom(host: Host, user: string): Promise<void> {
  return new Promise((resolve) => {
    const end = host.registry.onDisconnect(({ userId }) => userId === user && (end(), resolve()));
  });
}

describe.each(SETUPS)('a connection on $http with the adapter $adapter', ({ http, adapter }) => {
  const start = (options: Partial<LiveMessagesOptions> = {}) => hosts.start({ http, adapter, options });

  describe('that sends data', () => {
    let host: Host;
    beforeAll(async () => {
      host = await start();
    });

    it('may send ten frames in ten seconds, of up to 4 KiB, which nobody reads', async () => {
      const client = await connect(host.url, tokenOf('ten'));
      client.socket.send('{"event":"message"}');
      client.socket.send(Buffer.alloc(4_096));
      client.socket.send('x'.repeat(4_096));
      for (let frames = 3; frames < 10; frames += 1) client.socket.send('');
      client.socket.ping('after them');
      await once(client.socket, 'pong');
      expect(await seen(host, 'ten', client)).toEqual([]);
      await client.close();
    });

    const borne: Record<string, Buffer> = {
      text: clientFrame(text, 'hello'),
      binary: clientFrame(binary, Buffer.alloc(4_096)),
      empty: clientFrame(text),
    };
    it.each(Object.keys(borne))('is closed with 1008 on the eleventh %s frame', async (kind) => {
      const frame = borne[kind]!;
      const client = await RawClient.connect(host.url, tokenOf('eleven'));
      client.write(...Array.from({ length: 10 }, () => frame), clientFrame(ping, 'ten'));
      const answer = await client.nextFrame();
      expect([answer.opcode, answer.payload.toString()]).toEqual([pong, 'ten']);
      client.write(frame);
      expect(await client.nextClose()).toEqual({ code: 1008, reason: 'this endpoint only sends' });
      client.socket.destroy();
    });

    it('is closed with 1008 on the eleventh frame of one message, too', async () => {
      const client = await RawClient.connect(host.url, tokenOf('fragments'));
      const empty = clientFrame(continuation, '', { fin: false });
      client.write(clientFrame(text, 'a', { fin: false }), ...Array.from({ length: 100 }, () => empty));
      client.write(clientFrame(ping, 'still here'));
      const { opcode, payload } = await client.nextFrame();
      expect([opcode, payload.readUInt16BE(0)]).toEqual([OPCODES.close, 1008]);
      client.socket.destroy();
    });

    const tooLarge: Record<string, Buffer[]> = {
      'a frame of 4,097 bytes': [clientFrame(text, 'x'.repeat(4_097))],
      'fragments that add up to 4,097 bytes': [
        clientFrame(binary, 'x'.repeat(2_048), { fin: false }),
        clientFrame(continuation, 'x'.repeat(2_048), { fin: false }),
        clientFrame(continuation, 'x'),
      ],
      'the mere announcement of 2^40 bytes': [Buffer.from([0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    };
    it.each(Object.keys(tooLarge))('is closed with 1009 on %s', async (what) => {
      const client = await RawClient.connect(host.url, tokenOf('large'));
      const forgotten = goneFrom(host, 'large');
      client.write(...tooLarge[what]!);
      expect(await client.nextClose()).toMatchObject({ code: 1009 });
      await client.gone;
      await forgotten;
    });

    const broken: Record<string, Buffer[]> = {
      'a frame without a mask': [clientFrame(text, 'hello', { masked: false })],
      'a reserved bit': [clientFrame(text, 'hello', { reserved: 4 })],
      'an opcode that does not exist': [clientFrame(3, 'hello')],
      'a control opcode that does not exist': [clientFrame(11)],
      'a ping in fragments': [clientFrame(ping, 'hello', { fin: false })],
      'a ping of 126 bytes': [clientFrame(ping, 'x'.repeat(126))],
      'a continuation of nothing': [clientFrame(continuation, 'hello')],
      'a message within another': [clientFrame(text, 'a', { fin: false }), clientFrame(text, 'b')],
      'a close of one byte': [clientFrame(OPCODES.close, 'x')],
      'a close with a code that may not be sent': [clientFrame(OPCODES.close, Buffer.from([0x03, 0xed]))],
    };
    it.each(Object.keys(broken))('is closed with 1002 on %s', async (what) => {
      const client = await RawClient.connect(host.url, tokenOf('breaker'));
      const forgotten = goneFrom(host, 'breaker');
      client.write(...broken[what]!);
      expect(await client.nextClose()).toMatchObject({ code: 1002 });
      await client.gone;
      await forgotten;
    });

    it('is closed with 1008 however many it sends at once, without holding up the process', async () => {
      const client = await RawClient.connect(host.url, tokenOf('flooder'));
      const forgotten = goneFrom(host, 'flooder');
      client.write(Buffer.concat(Array.from({ length: 150_000 }, () => clientFrame(text))));
      expect((await client.nextClose()).code).toBe(1008);
      client.socket.destroy();
      await forgotten;
    });

    it('takes nobody else with it', async () => {
      const bystander = await connect(host.url, tokenOf('bystander'));
      const client = await RawClient.connect(host.url, tokenOf('breaker'));
      client.write(clientFrame(3, 'hello'));
      await client.gone;
      expect(await seen(host, 'bystander', bystander)).toEqual([]);
      await bystander.close();
    });
  });

  describe('that pings', () => {
    it('is answered, with its own words', async () => {
      const host = await start();
      const client = await connect(host.url, tokenOf('user'));
      client.socket.ping('are you there?');
      expect(String((await once(client.socket, 'pong'))[0])).toBe('are you there?');
    });

    it('gets the latest of many answered', async () => {
      const host = await start();
      const client = await RawClient.connect(host.url, tokenOf('user'));
      const pings = Array.from({ length: 200 }, (_, index) => clientFrame(ping, String(index)));
      client.write(...pings);
      const answered: number[] = [];
      while (answered.at(-1) !== 199) answered.push(Number((await client.nextFrame()).payload));
      expect(answered).toEqual([...answered].sort((a, b) => a - b));
      expect(answered.length).toBeLessThan(200);
    });

    it('and does not read: keeps no more than a pong or two waiting', async () => {
      const host = await start();
      const accepted = once(host.app.getHttpServer() as Server, 'upgrade') as Promise<[unknown, Socket]>;
      const client = await RawClient.connect(host.url, tokenOf('flooder'));
      const [, socket] = await accepted;
      client.socket.pause();
      const flood = Buffer.concat(Array.from({ length: 2_000 }, () => clientFrame(ping, 'x'.repeat(125))));
      // 25 MB of pongs, more than any kernel takes for one socket.
      for (let round = 0; round < 100; round += 1) {
        await new Promise((resolve) => client.socket.write(flood, resolve));
      }
      const gone = new Promise<number>((resolve) => {
        host.registry.onDisconnect(() => resolve(socket.writableLength));
      });
      client.write(...Array.from({ length: 11 }, () => clientFrame(text)));
      expect(await gone).toBeLessThan(1_000);
      client.socket.destroy();
    });
  });

  describe('of a user with many', () => {
    it('is closed with 4001 when it is the oldest of too many', async () => {
      const host = await start({ limits: { connectionsPerUser: 2 } });
      const [first, second] = [
        await connect(host.url, tokenOf('user')),
        await connect(host.url, tokenOf('user')),
      ];
      const other = await connect(host.url, tokenOf('other'));
      const third = await connect(host.url, tokenOf('user'));
      expect(await first.closed).toEqual({ code: 4001, reason: 'too many connections of this user' });
      const fourth = await connect(host.url, tokenOf('user'));
      expect((await second.closed).code).toBe(4001);
      expect(await seen(host, 'other', other)).toEqual([]);
      expect(host.registry.connectionsOf('user')).toHaveLength(2);
      expect(await seenBy(host, 'user', third, fourth)).toEqual([[], []]);
    });

    it('is not counted in the last minute of its token, or the last half of a short one', async () => {
      const host = await start({ limits: { connectionsPerUser: 1 } });
      const lastMinute = { iat: inSeconds(-3_000), exp: inSeconds(50) };
      const lastHalf = { iat: inSeconds(-20), exp: inSeconds(15) };
      const firstHalf = { iat: inSeconds(-15), exp: inSeconds(25) };
      const signed = (claims: object) => jws({ alg: 'HS256' }, { sub: 'user', ...claims });
      const replaced = [
        await connect(host.url, signed(lastMinute)),
        await connect(host.url, signed(lastHalf)),
      ];
      const counted = await connect(host.url, signed(firstHalf));
      expect(host.registry.connectionsOf('user')).toHaveLength(3);
      const last = await connect(host.url, tokenOf('user'));
      expect((await counted.closed).code).toBe(4001);
      expect(host.registry.connectionsOf('user')).toHaveLength(3);
      expect(await seen(host, 'user', last)).toEqual([]);
      expect(replaced.map((client) => client.rest().length)).toEqual([1, 1]);
    });

    it('makes room for itself as soon as one has gone', async () => {
      const host = await start({ limits: { connectionsPerUser: 2 } });
      const first = await connect(host.url, tokenOf('user'));
      const second = await connect(host.url, tokenOf('user'));
      const gone = new Promise<void>((resolve) => host.registry.onDisconnect(() => resolve()));
      second.socket.terminate();
      await gone;
      await connect(host.url, tokenOf('user'));
      expect(await seen(host, 'user', first)).toEqual([]);
    });
  });
});

it('a connection that a listener of the host fails on lives all the same', async () => {
  const host = await hosts.start({ prepare: (app) => app.useLogger(false) });
  host.registry.onConnect(() => {
    throw new Error('a bug of the host');
  });
  expect(await outcomeOf(open(host.url, tokenOf('user')))).toBe('"Websocket Connection Established"');
});
