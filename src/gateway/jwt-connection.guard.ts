import { Inject, Injectable } from '@nestjs/common';
import { Principal } from '../hub/principal';
import { REJECTIONS } from './rejection';
import { TokenRejectedException } from './token-rejected.exception';
import { TokenVerifier } from './token-verifier';
import type { UpgradeRequest } from './upgrade-request';

/**
 * Decides who gets in, once, before the upgrade (Nest runs no `CanActivate` on connect: nestjs/nest#882). A host
 * extends it to ask for more, provides its class, and names it in the option `guard`:
 * `UnauthorizedException` closes with 3000, `ForbiddenException` with 3003, anything else with 1011.
 */
@Injectable()
export class JwtConnectionGuard {
  // On the property, so that a host's subclass has its constructor to itself.
  @Inject(TokenVerifier)
  private readonly verifier!: TokenVerifier;

  /** Who the connection is for. */
  async authenticate(request: UpgradeRequest): Promise<Principal> {
    if (request.token === undefined) throw new TokenRejectedException(REJECTIONS.tokenMissing);
    return this.verifier.verify(request.token);
  }
}
