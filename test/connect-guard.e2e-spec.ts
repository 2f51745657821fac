import {
  ForbiddenException,
  ImATeapotException,
  Injectable,
  LoggerService,
  UnauthorizedException,
} from '@nestjs/common';
import { JwtConnectionGuard, Principal, UpgradeRequest } from 'nestjs-live-messages';
import { refusalOf } from './support/client';
import { HTTP_SERVERS, Host } from './support/host';
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
    'answers a userId with a lone surrogate': [() => ({ userId: 'u\ud800' }), '1011 internal error', 500],
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
