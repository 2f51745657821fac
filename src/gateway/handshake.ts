import { IncomingMessage } from 'node:http';
import { ForbiddenException, UnauthorizedException } from '@nestjs/common';
import { Hub } from '../hub/hub';
import { Principal } from '../hub/principal';
import { Report } from '../hub/report';
import { Place } from '../hub/window';
import { RESUME_PARAMETER } from '../protocol/control';
import { MAX_ID_LENGTH, isId } from '../protocol/id';
import { JwtConnectionGuard } from './jwt-connection.guard';
import { REJECTIONS, Rejection } from './rejection';
import { TokenRejectedException } from './token-rejected.exception';
import { UpgradeRequest, readUpgradeRequest } from './upgrade-request';

/** How long a guard, or a function that judges origins, may take, in milliseconds. */
const GUARD_TIMEOUT_MS = 10_000;

/** Whether a page of this origin may connect; undefined is no browser. */
export type OriginCheck = (origin: string | undefined, request: UpgradeRequest) => boolean | Promise<boolean>;

/** What becomes of an upgrade. */
export type Decision =
  | {
      readonly kind: 'admitted';
      readonly principal: Principal;
      readonly place: Place;
      /** The cursor a resumable connection comes back with, empty the first time; undefined: a plain one. */
      readonly resume: string | undefined;
    }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

/** CONNECT, before the upgrade: reads the request, asks the guard, and answers with a decision; it never throws. */
export class Handshake {
  constructor(
    private readonly hub: Hub,
    private readonly guard: () => JwtConnectionGuard,
    private readonly origins: readonly string[] | OriginCheck | 'any',
    private readonly report: Report,
  ) {}

  async decide(raw: IncomingMessage): Promise<Decision> {
    // The place comes first: what is emitted while the guard thinks is not missed, nor is a kick.
    const place = this.hub.takePlace();
    const decision = await this.judge(raw, place);
    if (decision.kind === 'rejected') this.hub.release(place);
    return decision;
  }

  private async judge(raw: IncomingMessage, place: Place): Promise<Decision> {
    try {
      const request = readUpgradeRequest(raw);
      if (!request) return rejected(REJECTIONS.tokenMalformed);
      const resume = resumeOf(request.query);
      if (!(await this.allowsOrigin(request))) return rejected(REJECTIONS.originNotAllowed);
      const principal = await this.authenticate(request);
      if (this.hub.isRevoked(principal)) return rejected(REJECTIONS.tokenRevoked);
      return { kind: 'admitted', principal, place, resume };
    } catch (error) {
      return rejected(this.rejectionOf(error));
    }
  }

  private async allowsOrigin(request: UpgradeRequest): Promise<boolean> {
    const { origins } = this;
    if (origins === 'any') return true;
    if (typeof origins === 'function') {
      return (await inTime('origins', async () => origins(request.origin, request))) === true;
    }
    // Only browsers send an origin, and only their users can be lured to a foreign page.
    return request.origin === undefined || origins.includes(request.origin);
  }

  private async authenticate(request: UpgradeRequest): Promise<Principal> {
    return checkedPrincipal(await inTime('the guard', () => this.guard().authenticate(request)));
  }

  private rejectionOf(error: unknown): Rejection {
    if (error instanceof TokenRejectedException) return error.rejection;
    if (error instanceof UnauthorizedException) return REJECTIONS.unauthorized;
    if (error instanceof ForbiddenException) return REJECTIONS.forbidden;
    this.report('A connection could not be authenticated', error);
    return REJECTIONS.internalError;
  }
}

/** What a host is asked must end. */
async function inTime<T>(who: string, ask: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, fail) => {
    timer = setTimeout(
      () => fail(new Error(`${who} did not answer within ${GUARD_TIMEOUT_MS} ms`)),
      GUARD_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([ask(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Two cursors are none that anybody was given. */
function resumeOf(query: URLSearchParams): string | undefined {
  const [cursor, ...more] = query.getAll(RESUME_PARAMETER);
  return more.length > 0 ? 'two' : cursor;
}

function rejected(rejection: Rejection): Decision {
  return { kind: 'rejected', rejection };
}

/** A host's guard may answer anything. */
function checkedPrincipal(principal: Principal): Principal {
  const { userId, expiresAt } = (principal ?? {}) as Partial<Principal>;
  if (!isId(userId)) {
    throw new TypeError(
      `authenticate() must answer { userId }, a string of 1 to ${MAX_ID_LENGTH} characters`,
    );
  }
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw new TypeError('authenticate() must answer expiresAt as milliseconds since 1970, or leave it out');
  }
  return principal;
}
