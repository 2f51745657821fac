import { Message } from '../message';
import { Scale } from '../scenarios';

/** What the servers that are compared have in common. */
export interface BenchServer {
  /** Listens on a free port of the loopback, for users with the memberships of a scale; resolves to the port. */
  listen(scale: Scale): Promise<number>;
  /** Sends a message to everyone who is in its channel. */
  emit(message: Message): void;
}

/** Where all of them listen. */
export const HOST = '127.0.0.1';

/** What the tokens are signed with: a text, as it comes out of an environment variable. */
export const JWT_SECRET = 'a secret of the benchmark, as long as secrets should be';
