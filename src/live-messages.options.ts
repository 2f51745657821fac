import type { InjectionToken, Type } from '@nestjs/common';
import type { DrainOptions } from './drain/drain';
import type { EventLimits } from './events/event-encoder';
import type { OriginCheck } from './gateway/handshake';
import type { HeartbeatOptions } from './gateway/heartbeat';
import type { JwtConnectionGuard } from './gateway/jwt-connection.guard';
import type { JwtOptions } from './gateway/jwt-options';
import type { SlowConsumerLimits } from './hub/slow-consumers';
import type { TypingOptions } from './hub/typing';
import type { EventLog } from './log/event-log';
import type { MembershipReaderOptions } from './memberships/membership-reader';
import type { MembershipSource } from './memberships/membership-source';

/** How many, how fast, how large. */
export interface LimitOptions extends EventLimits {
  /** Connections of one user, on all nodes together: past it the oldest is closed with 4001. @default 20 */
  readonly connectionsPerUser: number;
  /** Upgrades a second on this node: past it 503 with `Retry-After`. @default 2000 */
  readonly acceptsPerSecond: number;
  /**
   * Upgrades a second on all nodes together, each with the same part of it: what the host's database bears when everyone
   * comes back at once. @default no bound but each node's own
   */
  readonly clusterAcceptsPerSecond: number;
  /** The `content` of a message, in bytes of UTF-8: past it `InvalidEventError`. @default 65536 */
  readonly contentBytes: number;
  /** A whole event as JSON, in bytes: past it `InvalidEventError`. @default 262144 */
  readonly eventBytes: number;
}

/** How the host is asked who is where. */
export interface MembershipOptions extends MembershipReaderOptions {
  /**
   * Every connected user is asked about again so often, in milliseconds, at a random point of the second half; so
   * long does what `joined`, `left` and `closed` said beat the host's answers. @default 300000
   */
  readonly recheckMs: number;
  /** Calls of `topicsOf` at once. @default 50 */
  readonly concurrency: number;
  /** How long one call may take, in milliseconds. At connect a failure closes with 1013. @default 5000 */
  readonly timeoutMs: number;
}

/** The past that a node holds for clients that come back. */
export interface HistoryOptions {
  /** In milliseconds; at least 10,000, because a connection on its way needs it, too. @default 300000 */
  readonly maxMs: number;
  /** At least 1,048,576, for the same reason. @default 67108864 */
  readonly maxBytes: number;
  /**
   * Whether a replay is what a chat needs of the past: of several edits the last, of a deleted message its deletion.
   * `false`: every event. @default true
   */
  readonly compact: boolean;
}

/** Who is online. */
export interface PresenceSettings {
  /**
   * How long a user without a connection still counts as online, in milliseconds: nobody flickers who loads the page
   * anew, or is sent from one node to another.
   */
  readonly graceMs: number;
  /** Whether everyone gets `UPDATE_USERS` when somebody came online or is gone. @default false */
  readonly updateUsers: boolean;
}

/** What `LiveMessagesModule.forRoot` takes. Everything but `jwt` has a default. */
export interface LiveMessagesOptions {
  /** Which tokens let their bearers in. */
  readonly jwt: JwtOptions;
  /** Where the endpoint is; the application's global prefix does not apply. @default '/ws' */
  readonly path?: string;
  /**
   * The token of a provider that the host has, a class that extends `JwtConnectionGuard`: called once, before the
   * upgrade. @default JwtConnectionGuard
   */
  readonly guard?: InjectionToken<JwtConnectionGuard>;
  /**
   * How a connection is refused. `'close'`: the handshake completes and a close code says why, which a browser's
   * script can read. `'http'`: 401, 403 or 400, which it can't. @default 'close'
   */
  readonly rejectWith?: 'close' | 'http';
  /**
   * Which origins may connect: an exact list, or a function; clients that send none, which are no browsers, pass a
   * list. No cookies are read, so that a foreign page gains nothing; a guard that reads them must set this.
   * @default 'any'
   */
  readonly origins?: readonly string[] | OriginCheck | 'any';
  /**
   * Whether the first frame is the JSON string `"Websocket Connection Established"`. `false` for clients that decode
   * every frame into an object. @default true
   */
  readonly greeting?: boolean;
  /** Pings, by which dead links are found and closed with 3008. @default { intervalMs: 25000, timeoutMs: 10000 } */
  readonly heartbeat?: Partial<HeartbeatOptions>;
  /** How many, how fast, how large. */
  readonly limits?: Partial<LimitOptions>;
  /**
   * How far behind a connection may fall that does not read, before it is closed with 4002.
   * @default { maxBytes: 1048576, maxMs: 10000 }
   */
  readonly slowConsumer?: Partial<SlowConsumerLimits>;
  /**
   * The token of a provider that the host has, which says who is in which topic. Left out: events for topics are
   * refused with `MissingMembershipsError`, and users are named with `toUsers`. @default none
   */
  readonly memberships?: InjectionToken<MembershipSource>;
  /** How the provider of `memberships` is asked. */
  readonly membershipOptions?: Partial<MembershipOptions>;
  /**
   * The past that resumable clients get when they come back, in this process's memory. `false`: none, they are told to
   * fetch. @default { maxMs: 300000, maxBytes: 67108864, compact: true }
   */
  readonly history?: Partial<HistoryOptions> | false;
  /** How long `emit` waits for the log before it rejects with `LogUnavailableError`, in milliseconds. @default 5000 */
  readonly emitTimeoutMs?: number;
  /**
   * `UPDATE_STATUS` and `UPDATE_USERS` make every client fetch: so many go out a second, from all nodes together, which is
   * what the host's API should bear. `false`: all at once. @default { perSecond: 500 }
   */
  readonly refresh?: { readonly perSecond: number } | false;
  /**
   * Typing indicators: one per user and topic in `throttleMs`, none older than `lifeMs`; both in milliseconds.
   * @default { throttleMs: 2000, lifeMs: 5000 }
   */
  readonly typing?: Partial<TypingOptions>;
  /**
   * Who is online (`PresenceService`): `graceMs` after the last connection has gone nobody is any more; `updateUsers`:
   * whether everyone gets `UPDATE_USERS` when somebody came or is gone.
   * @default { graceMs: 10000 or, if that is longer, drain.spreadMs + 2000, updateUsers: false }
   */
  readonly presence?: Partial<PresenceSettings>;
  /**
   * How connections are sent away when the application closes: evenly over `spreadMs`, with 1012 and a hint when to
   * come back; all of it within `timeoutMs`, which should lie below the grace of whoever stops the process (30 s under
   * Kubernetes). @default { spreadMs: 8000, timeoutMs: 20000 }
   */
  readonly drain?: Partial<DrainOptions>;
  /** The ordered log. @default in this process's memory: one node */
  readonly log?: EventLog;
  /** The host's own `@LiveEvent` classes. @default none */
  readonly events?: readonly Type<object>[];
}

/** The options with their defaults. */
export type ResolvedOptions = Readonly<
  Required<
    Omit<
      LiveMessagesOptions,
      | 'heartbeat'
      | 'limits'
      | 'slowConsumer'
      | 'membershipOptions'
      | 'typing'
      | 'drain'
      | 'presence'
      | 'history'
      | 'memberships'
      | 'log'
    >
  >
> & {
  readonly heartbeat: HeartbeatOptions;
  readonly limits: LimitOptions;
  readonly slowConsumer: SlowConsumerLimits;
  readonly membershipOptions: MembershipOptions;
  readonly typing: TypingOptions;
  readonly drain: DrainOptions;
  readonly presence: PresenceSettings;
  readonly history: HistoryOptions | false;
  readonly memberships: InjectionToken<MembershipSource> | undefined;
  readonly log: EventLog | undefined;
};
