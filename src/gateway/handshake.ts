import { IncomingMessage } from 'node:http';
import { ForbiddenException, UnauthorizedException } from '@nestjs/common';
import { Hub } from '../hub/hub';
import { Principal } from '../hub/principal';
import { Report } from '../hub/report';
import { Place } from '../hub/window';
import { MAX_ID_LENGTH } from '../protocol/topic';
import { JwtConnectionGuard } from './jwt-connection.guard';
import { REJECTIONS, Rejection } from './rejection';
import { TokenRejectedException } from './token-rejected.exception';
import { UpgradeRequest, readUpgradeRequest } from './upgrade-request';

/** How long a guard may take, in milliseconds. */
const GUARD_TIMEOUT_MS = 10_000;

/** Whether a page of this origin may connect; undefined is no browser. */
export type OriginCheck = (origin: string | undefined, request: UpgradeRequest) => boolean | Promise<boolean>;

/** What becomes of an upgrade. */
export type Decision =
  | { readonly kind: 'admitted'; readonly principal: Principal; readonly place: Place }
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
      if (!(await this.allowsOrigin(request))) return rejected(REJECTIONS.originNotAllowed);
      const principal = await this.authenticate(request);
      if (this.hub.isRevoked(principal)) return rejected(REJECTIONS.tokenRevoked);
      return { kind: 'admitted', principal, place };
    } catch (error) {
      return rejected(this.rejectionOf(error));
    }
  }

  private async allowsOrigin(request: UpgradeRequest): Promise<boolean> {
    if (this.origins === 'any') return true;
    if (typeof this.origins === 'function') return (await this.origins(request.origin, request)) === true;
    // Only browsers send an origin, and only their users can be lured to a foreign page.
    return request.origin === undefined || this.origins.includes(request.origin);
  }

  private async authenticate(request: UpgradeRequest): Promise<Principal> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, fail) => {
      const late = () => fail(new Error(`the guard did not answer within ${GUARD_TIMEOUT_MS} ms`));
      timer = setTimeout(late, GUARD_TIMEOUT_MS);
    });
    try {
      return checkedPrincipal(await Promise.race([this.guard().authenticate(request), timeout]));
    } finally {
      clearTimeout(timer);
    }
  }

  private rejectionOf(error: unknown): Rejection {
    if (error instanceof TokenRejectedException) return error.rejection;
    if (error instanceof UnauthorizedException) return REJECTIONS.unauthorized;
    if (error instanceof ForbiddenException) return REJECTIONS.forbidden;
    this.report('A connection could not be authenticated', error);
    return REJECTIONS.internalError;
  }
}

function rejected(rejection: Rejection): Decision {
  return { kind: 'rejected', rejection };
}

/** A host's guard may answer anything. */
function checkedPrincipal(principal: Principal): Principal {
  const { userId, expiresAt } = (principal ?? {}) as Partial<Principal>;
  if (typeof userId !== 'string' || userId.length === 0 || userId.length > MAX_ID_LENGTH) {
    throw new TypeError(
      `authenticate() must answer { userId }, a string of 1 to ${MAX_ID_LENGTH} characters`,
    );
  }
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw new TypeError('authenticate() must answer expiresAt as milliseconds since 1970, or leave it out');
  }
  return principal;
}
