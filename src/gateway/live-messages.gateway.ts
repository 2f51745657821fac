import type { IncomingMessage } from 'node:http';
import type { OnGatewayConnection, OnGatewayInit } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import { Connection } from '../hub/connection';
import { Hub } from '../hub/hub';
import { LiveUsers } from '../hub/live-users';
import type { Report } from '../hub/report';
import { ThisNode } from '../hub/this-node';
import { Close, closeWithHint } from '../protocol/close-codes';
import { Admission } from './admission';
import { ConnectionLimit } from './connection-limit';
import { Decision, Handshake } from './handshake';
import { Heartbeat, HeartbeatOptions, HeartbeatOwner } from './heartbeat';
import { LiveSocket, LiveSocketOwner, MAX_INBOUND_FRAMES, closeSocket } from './live-socket';
import { Rejection } from './rejection';
import { markServer } from './server-mark';
import { UpgradeQueue } from './upgrade-queue';
import { chooseSubprotocol } from './upgrade-request';

/** What the gateway is told at boot. */
export interface GatewayOptions {
  readonly path: string;
  readonly rejectWith: 'close' | 'http';
  readonly heartbeat: HeartbeatOptions;
  readonly limits: {
    readonly connectionsPerUser: number;
    readonly acceptsPerSecond: number;
    readonly clusterAcceptsPerSecond: number;
  };
}

/** The largest frame that is read, in bytes; it is thrown away, too. */
const MAX_INBOUND_BYTES = 4_096;

/** How a ws server calls back with its verdict on an upgrade. */
type Verdict = (admitted: boolean, status?: number, body?: string, headers?: Record<string, string>) => void;

/** Where the endpoint stands: only when it is `up` are connections taken. */
export type Stage = 'starting' | 'up' | 'draining';

/**
 * CONNECT: every upgrade is judged before it happens, registered in the hub once it has, and looked after until it
 * is gone. Nothing here throws into the host's process. The module decorates it, with `@WebSocketGateway({ path })`,
 * because the path is an option.
 */
export class LiveMessagesGateway
  implements OnGatewayInit, OnGatewayConnection, LiveSocketOwner, HeartbeatOwner
{
  private readonly admission: Admission;
  private readonly limit: ConnectionLimit;
  private readonly heartbeat: Heartbeat;
  private readonly upgrades = new UpgradeQueue();
  private readonly decisions = new WeakMap<IncomingMessage, Decision>();
  private readonly connections = new Map<LiveSocket, Connection>();
  private currentStage: Stage = 'starting';
  private whoWaitsForEmpty: (() => void) | undefined;
  /** What Nest has made for the path: a ws server, or the mistake of another adapter. */
  server: unknown;

  constructor(
    private readonly handshake: Handshake,
    private readonly hub: Hub,
    private readonly users: LiveUsers,
    thisNode: ThisNode,
    private readonly options: GatewayOptions,
    private readonly report: Report,
  ) {
    const { acceptsPerSecond, clusterAcceptsPerSecond } = options.limits;
    this.admission = new Admission(() =>
      Math.min(acceptsPerSecond, clusterAcceptsPerSecond * thisNode.shareOfNodes),
    );
    this.limit = new ConnectionLimit(options.limits.connectionsPerUser, (connection, close) =>
      hub.close(connection, close),
    );
    this.heartbeat = new Heartbeat(options.heartbeat, this);
  }

  /** What `@WebSocketGateway` is given, once there is an HTTP server to stand on. */
  serverOptions(): object {
    const { path } = this.options;
    return markServer({
      path,
      verifyClient: ({ req }: { req: IncomingMessage }, verdict: Verdict) =>
        this.admission.admits()
          ? this.upgrades.add(() => void this.judge(req, verdict))
          : unavailable(verdict),
      handleProtocols: chooseSubprotocol,
      maxPayload: MAX_INBOUND_BYTES,
      maxFragments: MAX_INBOUND_FRAMES,
      perMessageDeflate: false,
      autoPong: false,
      skipUTF8Validation: true,
      closeTimeout: 1_000,
    });
  }

  afterInit(server: unknown): void {
    this.server = server;
  }

  get stage(): Stage {
    return this.currentStage;
  }

  /** Takes connections from now on. */
  startAccepting(): void {
    this.currentStage = 'up';
  }

  /** Takes no connections from now on. */
  stopAccepting(): void {
    this.currentStage = 'draining';
  }

  /** The connections there are, the oldest first. */
  openConnections(): readonly Connection[] {
    return [...this.connections.values()];
  }

  sendAway(connection: Connection, close: Close): void {
    this.hub.close(connection, close);
  }

  /** Resolves when the last socket is gone; after the timeout, in milliseconds, none is left to wait for. */
  async whenEmpty(timeoutMs: number): Promise<void> {
    if (this.connections.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.whoWaitsForEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const socket of this.connections.keys()) socket.terminate();
    this.heartbeat.close();
  }

  handleConnection(client: WebSocket, raw: IncomingMessage): void {
    const decision = this.decisions.get(raw);
    this.decisions.delete(raw);
    try {
      if (decision?.kind === 'admitted') this.admit(client, raw, decision);
      else
        this.turnAway(
          client,
          decision?.rejection.close ?? { name: 'internalError', reason: 'internal error' },
        );
    } catch (error) {
      this.report('A connection could not be registered', error);
      client.terminate();
    }
  }

  onEnd(socket: LiveSocket, close: Close): void {
    const connection = this.connections.get(socket);
    if (connection) this.hub.close(connection, close);
  }

  onGone(socket: LiveSocket): void {
    const connection = this.connections.get(socket);
    this.connections.delete(socket);
    this.heartbeat.delete(socket);
    if (connection) this.hub.forget(connection);
    if (this.connections.size === 0) this.whoWaitsForEmpty?.();
  }

  onBeat(socket: LiveSocket): void {
    const connection = this.connections.get(socket);
    if (connection) this.hub.beat(connection);
  }

  onStep(): void {
    this.hub.flush();
  }

  /** Never rejects: a ws server has nobody to catch it. */
  private async judge(raw: IncomingMessage, verdict: Verdict): Promise<void> {
    try {
      if (this.currentStage !== 'up') return unavailable(verdict);
      // Whoever hung up while he was queued is no question to the host.
      if (raw.socket.destroyed) return;
      const decision = await this.handshake.decide(raw);
      if (decision.kind === 'rejected' && this.options.rejectWith === 'http')
        return rejectOverHttp(verdict, decision.rejection);
      this.decisions.set(raw, decision);
      verdict(true);
    } catch (error) {
      this.report('An upgrade failed', error);
    }
    // The socket may be gone by now, and then nobody has taken the decision.
    const left = this.decisions.get(raw);
    if (left?.kind === 'admitted') this.hub.release(left.place);
    this.decisions.delete(raw);
  }

  private admit(
    client: WebSocket,
    raw: IncomingMessage,
    { principal, place, resume }: Decision & { kind: 'admitted' },
  ): void {
    if (this.currentStage !== 'up') {
      this.hub.release(place);
      return this.turnAway(client, closeWithHint('serviceRestart', 1_000));
    }
    const socket = new LiveSocket(client, raw.socket, principal.expiresAt, this);
    const connection = this.hub.register(socket, principal, place, resume);
    this.connections.set(socket, connection);
    this.heartbeat.add(socket);
    this.limit.enforce(this.users.get(principal.userId)?.connections ?? [], Date.now());
  }

  private turnAway(client: WebSocket, close: Close): void {
    client.removeAllListeners('error');
    client.on('error', () => undefined);
    closeSocket(client, close);
  }
}

function unavailable(verdict: Verdict): void {
  const retryAfter = 1 + Math.floor(Math.random() * 5);
  rejectWith(verdict, 503, 'Service Unavailable\n', { 'Retry-After': String(retryAfter) });
}

function rejectOverHttp(verdict: Verdict, { status, close, headers }: Rejection): void {
  rejectWith(verdict, status, `${close.reason}\n`, headers ?? {});
}

function rejectWith(
  verdict: Verdict,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  verdict(false, status, body, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', ...headers });
}
