import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { registerAs } from '@nestjs/config';

interface Settings {
  readonly port: number;
  readonly jwtSecret: string;
  /** A Postgres to use instead of the one in the process. */
  readonly databaseUrl: string | undefined;
}

export const settings = registerAs('settings', (): Settings => ({
  port: portFrom(process.env.PORT),
  jwtSecret: process.env.JWT_SECRET || temporarySecret(),
  databaseUrl: process.env.DATABASE_URL || undefined,
}));

function portFrom(value: string | undefined): number {
  if (!value) return 3000;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT must be a whole number from 0 to 65535, not "${value}"`);
}

function temporarySecret(): string {
  new Logger('Settings').warn(
    'JWT_SECRET is not set: made a temporary one, its tokens end with this process',
  );
  return randomBytes(32).toString('base64url');
}
