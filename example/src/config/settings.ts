import { registerAs } from '@nestjs/config';

interface Settings {
  readonly port: number;
  /** Where it listens; undefined: everywhere. */
  readonly host: string | undefined;
  /** The key of the tokens; undefined: one that is kept in the database. */
  readonly jwtSecret: string | undefined;
  /** A Postgres to use instead of the one in the process. */
  readonly databaseUrl: string | undefined;
  /** The Redis that several nodes share; undefined: this node is alone. */
  readonly redisUrl: string | undefined;
  /** What this node is called, where it has a name. */
  readonly nodeName: string | undefined;
}

export const settings = registerAs('settings', (): Settings => ({
  port: portFrom(process.env.PORT),
  host: process.env.HOST || undefined,
  jwtSecret: process.env.JWT_SECRET || undefined,
  databaseUrl: process.env.DATABASE_URL || undefined,
  redisUrl: process.env.REDIS_URL || undefined,
  nodeName: nameFrom(process.env.NODE_NAME),
}));

function portFrom(value: string | undefined): number {
  if (!value) return 3000;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT must be a whole number from 0 to 65535, not "${value}"`);
}

/** It goes into a header. */
function nameFrom(value: string | undefined): string | undefined {
  if (!value) return undefined;
  if (/^[\w.:-]{1,60}$/.test(value)) return value;
  throw new Error(`NODE_NAME must be up to 60 letters, digits and "_.:-", not "${value}"`);
}
