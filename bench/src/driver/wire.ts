import { GREETING, userId } from '../message';
import { ServerName } from '../scenarios';
import { OPCODES, clientFrame } from './client-frame';
import { tokenFor } from './token';

/** How one user speaks to a server. */
export interface Visit {
  /** The target of the upgrade. */
  readonly target: string;
  /**
   * What the protocol answers to a text that begins with these two bytes: nothing, if the buffer is empty. Undefined
   * when the protocol leaves the text to the application.
   */
  answer(first: number, second: number): Buffer | undefined;
}

/** What a server's protocol makes of things. */
export interface Wire {
  visit(user: number): Visit;
  /** The text that says that a connection is live. */
  readonly greeting: string;
  /** The text that a message becomes. */
  textOf(json: string): string;
}

function plain(queryOf: (id: string) => string): Wire {
  return {
    visit: (user) => ({ target: `/ws?${queryOf(userId(user))}`, answer: () => undefined }),
    greeting: GREETING,
    textOf: (json) => json,
  };
}

/** Packets of Engine.IO, version 4, by their first byte; `40` answers Socket.IO's connect. */
const PACKETS = { open: 0x30, ping: 0x32, message: 0x34, connect: 0x30 } as const;

const PONG = text('3');
const NOTHING = Buffer.alloc(0);

function socketIoVisit(user: number): Visit {
  const connect = text(`40${JSON.stringify({ token: tokenFor(userId(user)) })}`);
  return {
    target: '/socket.io/?EIO=4&transport=websocket',
    answer: (first, second) => {
      if (first === PACKETS.open) return connect;
      if (first === PACKETS.ping) return PONG;
      return first === PACKETS.message && second === PACKETS.connect ? NOTHING : undefined;
    },
  };
}

const SOCKET_IO: Wire = {
  visit: socketIoVisit,
  greeting: `42["message",${GREETING}]`,
  textOf: (json) => `42["message",${json}]`,
};

const WITH_TOKEN = plain((id) => `token=${tokenFor(id)}`);

/** By the server it is spoken to. */
export const WIRES: Readonly<Record<ServerName, Wire>> = {
  ours: WITH_TOKEN,
  stock: WITH_TOKEN,
  'socket.io': SOCKET_IO,
  bare: plain((id) => `user=${id}`),
};

function text(content: string): Buffer {
  return clientFrame(OPCODES.text, Buffer.from(content));
}
