import { inspect } from 'node:util';
import { INestApplication, Injectable, LoggerService, UnauthorizedException } from '@nestjs/common';
import { JwtConnectionGuard, Principal, UpgradeRequest } from 'nestjs-live-messages';
import request from 'supertest';
import { connect, refusalOf } from './support/client';
import { inSeconds, jws } from './support/jws';
import { Brought, Hosts, asBearer, asSubprotocol, inQuery, knock, outcomeOf } from './support/knock';
import { RawClient, clientFrame } from './support/raw-client';
import { SECRET, tokenOf } from './support/tokens';

const hosts = new Hosts();
afterAll(() => hosts.close());

/** Keeps every line of the application's log, whatever is in it. */
class Lines implements LoggerService {
  text = '';
  readonly log = (...line: unknown[]) => this.add(line);
  readonly error = this.log;
  readonly warn = this.log;
  readonly debug = this.log;
  readonly verbose = this.log;
  readonly fatal = this.log;

  private add(line: unknown[]): void {
    this.text += `${inspect(line, { depth: 8, showHidden: true, maxStringLength: null })}\n`;
  }
}

@Injectable()
class FailingGuard extends JwtConnectionGuard {
  override async authenticate(request: UpgradeRequest): Promise<Principal> {
    const principal = await super.authenticate(request);
    if (principal.userId === 'nobody') throw new UnauthorizedException();
    if (principal.userId === 'failure') throw new Error('the database is down');
    return principal;
  }
}

describe.each(['ours', 'plain'] as const)('a token, with the adapter %s', (adapter) => {
  const HS256 = { alg: 'HS256', typ: 'JWT' };
  const tokens = {
    good: () => tokenOf('user'),
    expired: () => jws(HS256, { sub: 'user', exp: 5 }),
    forged: () => jws(HS256, { sub: 'user', exp: inSeconds(60) }, 'another secret'),
    refused: () => tokenOf('nobody'),
    failing: () => tokenOf('failure'),
    nullPayload: () => jws(HS256, 'null'),
    noJson: () => jws(HS256, 'no json at all'),
    huge: () => 'a'.repeat(9_000),
  };

  function waysOf(token: string): Brought[] {
    return [
      inQuery(token),
      asBearer(token),
      asSubprotocol(token),
      { ...inQuery(token), ...asBearer(token) },
      { target: `/ws?x=%&token=${token}` },
    ];
  }

  it('is in no line of the log and in no answer, whatever becomes of it', async () => {
    const log = new Lines();
    const answers: unknown[] = [];
    const used: string[] = [];
    const prepare = (app: INestApplication) => app.useLogger(log);
    const ways = waysOf('').map((_, index) => index);
    const settings = (['close', 'http'] as const).flatMap((rejectWith) =>
      ways.map((way) => ({ rejectWith, way })),
    );
    // The same line comes once in ten seconds: each way has a host of its own, so that every first line is seen.
    for (const { rejectWith, way } of settings) {
      const options = { guard: FailingGuard, rejectWith };
      const host = await hosts.start({ adapter, options, providers: [FailingGuard], prepare });
      for (const make of Object.values(tokens)) {
        const token = make();
        used.push(token);
        const client = knock(host, waysOf(token)[way]!);
        answers.push(await Promise.race([outcomeOf(client), refusalOf(client)]));
        client.socket.terminate();
      }
    }
    const heartbeat = { intervalMs: 20, timeoutMs: 40 };
    const host = await hosts.start({ adapter, options: { heartbeat }, prepare });
    const noisy = tokenOf('noisy');
    const breaker = await RawClient.connect(host.url, noisy);
    breaker.write(clientFrame(3, 'rubbish'));
    await breaker.gone;
    const deaf = await connect(host.url, noisy, { autoPong: false });
    answers.push(await deaf.closed, (await request(host.httpUrl).get(`/ws?token=${noisy}`)).text);
    used.push(noisy);
    const everything = `${log.text}\n${inspect(answers, { depth: 8, maxStringLength: null })}`;
    expect(log.text).toContain('the database is down');
    for (const token of used) {
      for (const part of token.split('.').slice(token.includes('.') ? 1 : 0)) {
        if (part !== '') expect(everything).not.toContain(part);
      }
    }
    expect(everything).not.toContain(SECRET);
  });

  it('and a broken frame of a stranger leave no line in the log at all', async () => {
    const log = new Lines();
    const host = await hosts.start({ adapter, prepare: (app) => app.useLogger(log) });
    const started = log.text;
    const rubbish = clientFrame(3, 'rubbish');
    const strangers = [
      await RawClient.connect(host.url, tokenOf('user')),
      RawClient.open(host.url, '/ws?token=nonsense'),
    ];
    for (const stranger of strangers) stranger.write(rubbish);
    const huge = await RawClient.connect(host.url, tokenOf('user'));
    huge.write(clientFrame(1, 'x'.repeat(5_000)));
    await Promise.all([...strangers, huge].map((stranger) => stranger.gone));
    expect(log.text).toBe(started);
  });
});
