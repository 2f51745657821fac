import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { DisconnectTarget } from 'nestjs-live-messages';
import { TestClient, connect, open, refusalOf } from './support/client';
import { HTTP_SERVERS, Host } from './support/host';
import { HeldAnswers } from './support/held-answers';
import { HeldGuard } from './support/held-guard';
import { Hosts, inQuery, knock, outcomeAt, outcomeOf, placesTaken } from './support/knock';
import { RawClient } from './support/raw-client';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';

const SERVERS = Object.keys(HTTP_SERVERS) as (keyof typeof HTTP_SERVERS)[];
const LIVE = '"Websocket Connection Established"';
const hosts = new Hosts();
afterAll(() => hosts.close());

describe.each(SERVERS)('disconnect on %s', (http) => {
  const DAY = 86_400_000;
  const issuedAt = Math.floor(Date.now() / 1_000) - 100;
  const claims = { jti: 'token-1', iat: issuedAt };
  const forms: Record<string, [target: DisconnectTarget, close: string]> = {
    '{ userId }': [{ userId: 'user' }, '3000 disconnected'],
    '{ tokenId }': [{ tokenId: 'token-1' }, '3000 token revoked'],
    '{ tokenId, until }': [{ tokenId: 'token-1', until: new Date(Date.now() + DAY) }, '3000 token revoked'],
    '{ userId, issuedBefore }': [
      { userId: 'user', issuedBefore: new Date((issuedAt + 1) * 1_000) },
      '3000 token revoked',
    ],
    '{ userId, issuedBefore, until }': [
      { userId: 'user', issuedBefore: new Date(), until: new Date(Date.now() + DAY) },
      '3000 token revoked',
    ],
  };
  const rows = Object.entries(forms).map(([form, [target, close]]) => ({ form, target, close }));

  it.each(rows)('$form closes the connections there are, and nobody else', async ({ target, close }) => {
    const host = await hosts.start({ http });
    const clients = [
      await connect(host.url, tokenOf('user', claims)),
      await connect(host.url, tokenOf('user', claims)),
    ];
    const bystander = await connect(host.url, tokenOf('bystander', { iat: issuedAt }));
    await host.live.disconnect(target);
    expect(await Promise.all(clients.map(outcomeOf))).toEqual([close, close]);
    expect(await seen(host, 'bystander', bystander)).toEqual([]);
    expect(host.registry.connectionsOf('user')).toHaveLength(0);
  });

  it.each(rows)('$form wins over a guard that is still running', async ({ target, close }) => {
    const host = await hosts.start({ http, options: { guard: HeldGuard }, providers: [HeldGuard] });
    const guard = host.app.get(HeldGuard);
    const early = open(host.url, tokenOf('user', claims));
    const letEarlyThrough = await guard.next();
    const late = open(host.url, tokenOf('user', claims));
    const letLateThrough = await guard.next();
    const witness = open(host.url, tokenOf('witness', { iat: issuedAt }));
    (await guard.next())();
    await witness.next();
    await host.live.disconnect(target);
    letEarlyThrough();
    // By the time that the witness has a later record, this node has seen the one that disconnects.
    await seen(host, 'witness', witness);
    letLateThrough();
    const closes = await Promise.all([early.closed, late.closed]);
    expect(closes.map(({ code, reason }) => `${code} ${reason}`)).toEqual([close, close]);
    expect(late.frames).toEqual([]);
    expect(host.registry.connectionsOf('user')).toHaveLength(0);
    expect(placesTaken(host)).toBe(0);
  });

  it.each(rows)('$form wins while the host is asked for the topics', async ({ target, close }) => {
    const host = await hosts.start({ http });
    const answers = HeldAnswers.of(host.source, 'user');
    const client = open(host.url, tokenOf('user', claims));
    const asked = await answers.next();
    await host.live.disconnect(target);
    expect(await outcomeOf(client)).toBe(close);
    asked.answer([]);
    expect(host.registry.size).toBe(0);
    expect(placesTaken(host)).toBe(0);
  });

  it('{ userId } does not keep the user from coming back', async () => {
    const host = await hosts.start({ http });
    const token = tokenOf('user', claims);
    const client = await connect(host.url, token);
    await host.live.disconnect({ userId: 'user' });
    await client.closed;
    expect(await outcomeAt(host, inQuery(token))).toBe(LIVE);
  });

  it.each(rows.slice(1))('$form keeps such tokens out, and no others', async ({ target }) => {
    const host = await hosts.start({ http });
    const inHttp = await hosts.start({ http, options: { rejectWith: 'http' } });
    for (const each of [host, inHttp]) {
      await each.live.disconnect(target);
      // A revocation holds from where it stands in the log: somebody who sees a later record has it behind him.
      const later = await connect(each.url, tokenOf('later'));
      await seen(each, 'later', later);
    }
    const revoked = inQuery(tokenOf('user', claims));
    expect(await outcomeAt(host, revoked)).toBe('3000 token revoked');
    expect(await refusalOf(knock(inHttp, revoked))).toMatchObject({ status: 401, body: 'token revoked\n' });
    const inAnHour = { jti: 'token-2', iat: Math.floor(Date.now() / 1_000) + 3_600 };
    expect(await outcomeAt(host, inQuery(tokenOf('user', inAnHour)))).toBe(LIVE);
    expect(await outcomeAt(host, inQuery(tokenOf('another', { iat: issuedAt })))).toBe(LIVE);
  });

  it('a token that does not say when it was issued counts as issued before', async () => {
    const host = await hosts.start({ http });
    const client = await connect(host.url, tokenOf('user', {}, { noTimestamp: true }));
    await host.live.disconnect({ userId: 'user', issuedBefore: new Date(5) });
    expect(await outcomeOf(client)).toBe('3000 token revoked');
  });

  it('a revocation that is over closes nobody', async () => {
    const host = await hosts.start({ http });
    const client = await connect(host.url, tokenOf('user', claims));
    await host.live.disconnect({ tokenId: 'token-1', until: new Date(Date.now() - 1) });
    await host.live.disconnect({ userId: 'user', issuedBefore: new Date(), until: new Date(Date.now() - 1) });
    expect(await seen(host, 'user', client)).toEqual([]);
  });
});

describe.each(SERVERS)('a peer that vanishes while the guard thinks, on %s', (http) => {
  /** An upgrade that the guard holds, and the server's end of its socket. */
  async function held(host: Host): Promise<{ client: RawClient; socket: Duplex; letThrough: () => void }> {
    const upgrade = once(host.app.getHttpServer() as Server, 'upgrade');
    const client = RawClient.open(host.url, `/ws?token=${tokenOf('ghost')}`);
    const letThrough = await host.app.get(HeldGuard).next();
    const [, socket] = (await upgrade) as [unknown, Duplex];
    return { client, socket, letThrough };
  }

  /** Unlike once(), it does not mind the error before. */
  function closeOf(socket: Duplex): Promise<void> {
    return new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** Another client comes and goes, so that whatever the first one set off is done. */
  async function another(host: Host): Promise<TestClient> {
    const client = open(host.url, tokenOf('another'));
    (await host.app.get(HeldGuard).next())();
    expect(await outcomeOf(client)).toBe(LIVE);
    return client;
  }

  it.each(['ours', 'plain'] as const)(
    'leaves nothing behind when it resets, with the %s adapter',
    async (adapter) => {
      const host = await hosts.start({
        http,
        adapter,
        options: { guard: HeldGuard },
        providers: [HeldGuard],
      });
      const registered: string[] = [];
      const { client, socket, letThrough } = await held(host);
      const gone = closeOf(socket);
      client.socket.resetAndDestroy();
      await gone;
      expect(placesTaken(host)).toBe(1);
      host.registry.onConnect(({ userId }) => registered.push(userId));
      letThrough();
      await another(host);
      expect(registered).toEqual(['another']);
      expect(host.registry.size).toBe(1);
      expect(placesTaken(host)).toBe(0);
    },
  );

  it.each(['ours', 'plain'] as const)(
    'leaves nothing behind when it hangs up, with the %s adapter',
    async (adapter) => {
      const host = await hosts.start({
        http,
        adapter,
        options: { guard: HeldGuard },
        providers: [HeldGuard],
      });
      const { client, socket, letThrough } = await held(host);
      const gone = closeOf(socket);
      client.socket.destroy();
      letThrough();
      await gone;
      await another(host);
      expect(host.registry.connectionsOf('ghost')).toHaveLength(0);
      expect(placesTaken(host)).toBe(0);
    },
  );

  it('leaves nothing behind when the application closes meanwhile', async () => {
    const host = await hosts.start({ http, options: { guard: HeldGuard }, providers: [HeldGuard] });
    const client = open(host.url, tokenOf('ghost'));
    const letThrough = await host.app.get(HeldGuard).next();
    const closing = host.close();
    const refusal = refusalOf(client).then(({ status }) => status);
    const ended = client.closed.then(({ code }) => code);
    letThrough();
    expect([503, 1012]).toContain(await Promise.race([refusal, ended]));
    await closing;
    expect(placesTaken(host)).toBe(0);
  });
});
