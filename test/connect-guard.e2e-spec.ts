import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  ForbiddenException,
  ImATeapotException,
  Injectable,
  LoggerService,
  UnauthorizedException,
} from '@nestjs/common';
import { DisconnectTarget, JwtConnectionGuard, Principal, UpgradeRequest } from 'nestjs-live-messages';
import { TestClient, connect, open, refusalOf } from './support/client';
import { HTTP_SERVERS, Host } from './support/host';
import { HeldAnswers } from './support/held-answers';
import {
  Hosts,
  asBearer,
  inQuery,
  knock,
  neverLive,
  outcomeAt,
  outcomeOf,
  placesTaken,
} from './support/knock';
import { RawClient } from './support/raw-client';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';

const SERVERS = Object.keys(HTTP_SERVERS) as (keyof typeof HTTP_SERVERS)[];
const LIVE = '"Websocket Connection Established"';
const hosts = new Hosts();
afterAll(() => hosts.close());

@Injectable()
class BlockedUsers {
  readonly ids = new Set<string>();
}

/** A host's guard as the README has it: with dependencies of its own, and ours asked first. */
@Injectable()
class HouseGuard extends JwtConnectionGuard {
  constructor(private readonly blocked: BlockedUsers) {
    super();
  }

  override async authenticate(request: UpgradeRequest): Promise<Principal> {
    const principal = await super.authenticate(request);
    if (this.blocked.ids.has(principal.userId)) throw new ForbiddenException('on the list');
    return principal;
  }
}

/** Does what a test says. */
@Injectable()
class WhimsicalGuard extends JwtConnectionGuard {
  behave: (request: UpgradeRequest) => unknown = () => undefined;

  override authenticate(request: UpgradeRequest): Promise<Principal> {
    return this.behave(request) as Promise<Principal>;
  }
}

/** Lets nobody through until the test says so. */
@Injectable()
class HeldGuard extends JwtConnectionGuard {
  private readonly held: (() => void)[] = [];
  private readonly waiting: (() => void)[] = [];

  override async authenticate(request: UpgradeRequest): Promise<Principal> {
    const principal = await super.authenticate(request);
    await new Promise<void>((resolve) => {
      this.held.push(resolve);
      for (const wake of this.waiting.splice(0)) wake();
    });
    return principal;
  }

  /** Resolves with what lets the next one through, as soon as it is held. */
  async next(): Promise<() => void> {
    while (this.held.length === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.held.shift()!;
  }
}

class ErrorLines implements LoggerService {
  readonly lines: string[] = [];
  log(): void {}
  warn(): void {}
  error(...line: unknown[]): void {
    this.lines.push(String(line[0]));
  }
}

describe.each(SERVERS)("a host's guard on %s", (http) => {
  it('has its own dependencies, and what ours refuses keeps its reason', async () => {
    const host = await hosts.start({
      http,
      options: { guard: HouseGuard },
      providers: [BlockedUsers, HouseGuard],
    });
    host.app.get(BlockedUsers).ids.add('troll');
    expect(await outcomeAt(host, inQuery(tokenOf('user')))).toBe(LIVE);
    expect(await outcomeAt(host, inQuery(tokenOf('troll')))).toBe('3003 forbidden');
    expect(await outcomeAt(host, inQuery('hello'))).toBe('3000 token invalid');
    expect(await outcomeAt(host, {})).toBe('3000 token missing');
  });

  it('is named by any token of a provider', async () => {
    const Alias = { provide: 'the guard', useExisting: HouseGuard } as never;
    const host = await hosts.start({
      http,
      options: { guard: 'the guard' },
      providers: [BlockedUsers, HouseGuard, Alias],
    });
    host.app.get(BlockedUsers).ids.add('troll');
    expect(await outcomeAt(host, inQuery(tokenOf('troll')))).toBe('3003 forbidden');
  });

  it('sees the request: the token however it came, the query without it, headers, origin and peer', async () => {
    const host = await hosts.start({ http, options: { guard: WhimsicalGuard }, providers: [WhimsicalGuard] });
    const seenRequests: UpgradeRequest[] = [];
    host.app.get(WhimsicalGuard).behave = (request) => {
      seenRequests.push(request);
      return { userId: 'anybody' };
    };
    const brought = { ...asBearer('a.b.c'), target: '/ws?room=1&room=%C3%A4', origin: 'https://a.example' };
    expect(await outcomeAt(host, brought)).toBe(LIVE);
    expect(await outcomeAt(host, { target: '/ws?token=d.e.f&room=2' })).toBe(LIVE);
    const [first, second] = seenRequests;
    expect(first).toMatchObject({ token: 'a.b.c', origin: 'https://a.example', remoteAddress: '127.0.0.1' });
    expect(first!.query.getAll('room')).toEqual(['1', '\u00e4']);
    expect(first!.headers.upgrade).toBe('websocket');
    expect(second!.token).toBe('d.e.f');
    expect(second!.query.toString()).toBe('room=2');
  });

  const failures: Record<string, [behave: () => unknown, close: string, status: number]> = {
    'throws UnauthorizedException': [
      () => Promise.reject(new UnauthorizedException('a reason of the host')),
      '3000 unauthorized',
      401,
    ],
    'throws ForbiddenException': [
      () => Promise.reject(new ForbiddenException('a reason of the host')),
      '3003 forbidden',
      403,
    ],
    'throws another HttpException': [
      () => Promise.reject(new ImATeapotException()),
      '1011 internal error',
      500,
    ],
    'throws an Error': [() => Promise.reject(new Error('the database is down')), '1011 internal error', 500],
    'throws at once': [
      () => {
        throw new Error('the database is down');
      },
      '1011 internal error',
      500,
    ],
    'throws nothing at all': [
      () => ({ then: (_: unknown, fail: (reason: unknown) => void) => fail(undefined) }),
      '1011 internal error',
      500,
    ],
    'throws an error that looks like a bad token': [
      () => Promise.reject(Object.assign(new Error('jwt expired'), { name: 'TokenExpiredError' })),
      '1011 internal error',
      500,
    ],
    'answers undefined': [() => undefined, '1011 internal error', 500],
    'answers null': [() => Promise.resolve(null), '1011 internal error', 500],
    'answers true': [() => Promise.resolve(true), '1011 internal error', 500],
    'answers without a userId': [() => ({ id: 'user' }), '1011 internal error', 500],
    'answers an empty userId': [() => ({ userId: '' }), '1011 internal error', 500],
    'answers a number as userId': [() => ({ userId: 7 }), '1011 internal error', 500],
    'answers a userId of 256 characters': [() => ({ userId: 'u'.repeat(256) }), '1011 internal error', 500],
    'answers an expiresAt that is no number': [
      () => ({ userId: 'user', expiresAt: new Date(4e12) }),
      '1011 internal error',
      500,
    ],
    'answers an expiresAt that is NaN': [
      () => ({ userId: 'user', expiresAt: Number.NaN }),
      '1011 internal error',
      500,
    ],
  };
  const rows = Object.entries(failures).map(([what, [behave, close, status]]) => ({
    what,
    behave,
    close,
    status,
  }));

  describe.each(['close', 'http'] as const)("that fails, with rejectWith '%s'", (rejectWith) => {
    let host: Host;
    const logger = new ErrorLines();
    beforeAll(async () => {
      host = await hosts.start({
        http,
        options: { guard: WhimsicalGuard, rejectWith },
        providers: [WhimsicalGuard],
        prepare: (app) => app.useLogger(logger),
      });
    });

    it.each(rows)('and $what: $close, or $status', async ({ behave, close, status }) => {
      host.app.get(WhimsicalGuard).behave = behave;
      const client = knock(host, inQuery(tokenOf('user')));
      if (rejectWith === 'close') {
        expect(await outcomeOf(client)).toBe(close);
      } else {
        const answer = await Promise.race([refusalOf(client), neverLive(client)]);
        expect(answer).toMatchObject({ status, body: `${close.slice(5)}\n` });
      }
    });

    it('keeps nothing of any of them, and has put one line into the log', () => {
      expect(host.registry.size).toBe(0);
      expect(placesTaken(host)).toBe(0);
      expect(logger.lines).toEqual([
        expect.stringMatching(/^A connection could not be authenticated: .*(teapot|Teapot)/),
      ]);
    });
  });
});

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
