import { CallHandler, ExecutionContext, Injectable, NestInterceptor, Type, mixin } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Observable, tap } from 'rxjs';
import { CURSOR_HEADER } from '../protocol/control';
import { LiveCursor } from './live-cursor';

/** A response as Express and as Fastify have it. */
interface Response {
  removeHeader(name: string): void;
}

/**
 * Sets `X-Live-Cursor` on the responses of a route or a controller: a client that fetches and then connects with
 * `resume=<that cursor>` misses nothing in between. The place is taken before the handler runs. A response that Nest's
 * cache answers gets none, nor does one of a node without an endpoint. A browser of another origin sees the header only
 * where CORS exposes it: `app.enableCors({ exposedHeaders: ['X-Live-Cursor'] })`.
 */
@Injectable()
export class LiveCursorInterceptor implements NestInterceptor {
  /** How far the cursor lies before now, in milliseconds. */
  protected readonly marginMs: number = 0;

  constructor(
    private readonly cursor: LiveCursor,
    private readonly http: HttpAdapterHost,
  ) {}

  /**
   * For handlers that read from where writes come late, a replica say: the cursor lies so far back.
   *
   * @param marginMs milliseconds
   */
  static withMargin(marginMs: number): Type<LiveCursorInterceptor> {
    if (!Number.isFinite(marginMs) || marginMs < 0)
      throw new TypeError(`withMargin(marginMs) needs milliseconds, got ${marginMs}`);
    @Injectable()
    class LiveCursorInterceptorWithMargin extends LiveCursorInterceptor {
      protected override readonly marginMs = marginMs;
    }
    return mixin(LiveCursorInterceptorWithMargin);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const cursor = context.getType() === 'http' ? this.cursor.take(this.marginMs) : undefined;
    if (cursor === undefined) return next.handle();
    const { httpAdapter } = this.http;
    const response = context.switchToHttp().getResponse<Response>();
    // Now, for a handler that writes the response itself.
    httpAdapter.setHeader(response, CURSOR_HEADER, cursor);
    const remove = () => {
      if (!httpAdapter.isHeadersSent(response)) response.removeHeader(CURSOR_HEADER);
    };
    return next.handle().pipe(
      tap({
        next: () => {
          if (isFromCache(httpAdapter.getHeader(response, 'X-Cache'))) remove();
        },
        error: remove,
      }),
    );
  }
}

/** As Nest's `CacheInterceptor` and most proxies say it. */
function isFromCache(header: unknown): boolean {
  return typeof header === 'string' && /\bHIT\b/i.test(header);
}
