import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module';
import { settings } from './config/settings';
import { configureApp } from './configure-app';

const logger = new Logger('Example');

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { abortOnError: false });
  configureApp(app);
  app.enableShutdownHooks();
  const { port, host } = app.get<ConfigType<typeof settings>>(settings.KEY);
  await (host === undefined ? app.listen(port) : app.listen(port, host));
  const address = app.getHttpServer().address() as AddressInfo;
  logger.log(`Open http://localhost:${address.port} in two tabs and talk to yourself`);
}

function reasonOf(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `port ${port} is taken; name another one with PORT`;
  if (code === 'EACCES') return `port ${port} may not be used; name another one with PORT`;
  return message || code || String(error);
}

bootstrap().catch((error: unknown) => {
  logger.error(`The example could not start: ${reasonOf(error)}`);
  process.exit(1);
});
