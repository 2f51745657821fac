import {
  CallHandler,
  Controller,
  ExecutionContext,
  Get,
  Injectable,
  NestInterceptor,
  NotFoundException,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { LiveCursorInterceptor, LiveEventsService, topic } from 'nestjs-live-messages';
import { Observable, of } from 'rxjs';
import request from 'supertest';
import { HTTP_SERVERS, Host, HostSetup, startHost } from './support/host';
import { nextFrame, resume } from './support/resumable';
import { messageRow } from './support/rows';

interface AnyResponse {
  setHeader?(name: string, value: string): void;
  header(name: string, value: string): void;
  send(body: string): void;
}

/** Answers from its memory, and says so as Nest's own does. */
@Injectable()
class Cache implements NestInterceptor {
  private held: unknown;

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const isHit = this.held !== undefined;
    const response = context.switchToHttp().getResponse<AnyResponse>();
    response.header('X-Cache', isHit ? 'HIT' : 'MISS');
    if (isHit) return of(this.held);
    this.held = 'cached';
    return next.handle();
  }
}

@Controller()
@UseInterceptors(LiveCursorInterceptor)
class Pages {
  constructor(private readonly live: LiveEventsService) {}

  @Get('history')
  async history(): Promise<object> {
    const { cursor } = await this.live.message(messageRow('general', { content: 'while the handler ran' }));
    return { cursor };
  }

  @Get('cached')
  @UseInterceptors(Cache)
  cached(): string {
    return 'fresh';
  }

  @Get('missing')
  missing(): void {
    throw new NotFoundException();
  }

  @Get('own')
  own(@Res() response: AnyResponse): void {
    response.send('written by the handler');
  }
}

@Controller('replica')
@UseInterceptors(LiveCursorInterceptor.withMargin(40))
class Replica {
  @Get()
  read(): string {
    return 'a little late';
  }
}

@Controller('plain')
class Plain {
  @Get()
  read(): string {
    return 'no cursor';
  }
}

describe.each(Object.keys(HTTP_SERVERS) as (keyof typeof HTTP_SERVERS)[])('X-Live-Cursor on %s', (http) => {
  let host: Host;
  const start = async (setup: HostSetup = {}) => {
    host = await startHost({ http, ...setup, controllers: [Pages, Replica, Plain] });
    host.source.put('ann', topic('CHANNEL', 'general'));
  };
  const cursorOf = async (path: string, status = 200) =>
    (await request(host.httpUrl).get(path).expect(status)).headers['x-live-cursor'];

  beforeEach(() => start());
  afterEach(() => host.close());

  it('lies before the handler: what was emitted in it comes again on resume', async () => {
    const response = await request(host.httpUrl).get('/history').expect(200);
    const cursor = response.headers['x-live-cursor'] as string;
    expect(cursor).toMatch(/^\d+-\d+$/);
    const { client, connected } = await resume(host, 'ann', cursor);
    expect(connected).toMatchObject({ resumed: true, cursor });
    const { cursor: emitted } = response.body as { cursor: string };
    expect(await nextFrame(client)).toMatchObject({ content: 'while the handler ran', cursor: emitted });
  });

  it('moves on with the log', async () => {
    const before = await cursorOf('/own');
    const { cursor } = await host.live.message(messageRow('general'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(before).toMatch(/^\d+-\d+$/);
    expect(await cursorOf('/own')).toBe(cursor);
  });

  it('is not set where it was not asked for, nor on errors, nor on what a cache answers', async () => {
    expect(await cursorOf('/plain')).toBeUndefined();
    expect(await cursorOf('/missing', 404)).toBeUndefined();
    expect(await cursorOf('/cached')).toBeDefined();
    expect(await cursorOf('/cached')).toBeUndefined();
  });

  it('lies back by a margin', async () => {
    const { cursor: old } = await host.live.message(messageRow('general'));
    await new Promise((resolve) => setTimeout(resolve, 60));
    const { cursor: fresh } = await host.live.message(messageRow('general'));
    expect(await cursorOf('/replica')).toBe(old);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await cursorOf('/replica')).toBe(fresh);
  });
});

it('refuses a margin that is none', () => {
  for (const margin of [-1, Number.NaN, Infinity, '5' as unknown as number])
    expect(() => LiveCursorInterceptor.withMargin(margin)).toThrow(TypeError);
});
