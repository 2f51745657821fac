import { dirname, join } from 'node:path';
import type { ServerResponse } from 'node:http';
import type { ConfigType } from '@nestjs/config';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { LiveMessagesWsAdapter } from 'nestjs-live-messages';
import { settings } from './config/settings';
import { NamedNodeAdapter } from './named-node.adapter';

/** The package's modules as a browser loads them. A page with a bundler imports `nestjs-live-messages/client` instead. */
const CLIENT = join(dirname(require.resolve('nestjs-live-messages/package.json')), 'dist', 'esm');

/** What an application gets besides its modules; the tests make theirs with it too. */
export function configureApp(app: NestExpressApplication): void {
  const { nodeName, redisUrl } = app.get<ConfigType<typeof settings>>(settings.KEY);
  const isAlone = !nodeName && !redisUrl;
  app.useWebSocketAdapter(isAlone ? new LiveMessagesWsAdapter(app) : new NamedNodeAdapter(app, nodeName));
  app.disable('x-powered-by');
  app.useStaticAssets(join(__dirname, '..', 'public'), { setHeaders: securePage });
  app.useStaticAssets(CLIENT, { prefix: '/nestjs-live-messages/', setHeaders: securePage });
}

function securePage(response: ServerResponse): void {
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  );
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-cache');
}
