import { HttpException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Principal } from '../hub/principal';
import { isId } from '../protocol/id';
import { JwtOptions, TokenHeader } from './jwt-options';
import { REJECTIONS } from './rejection';
import { TokenRejectedException } from './token-rejected.exception';
import { KeyLookupError, VerificationKeys } from './verification-keys';

/** How far `nbf` may lie ahead, in seconds: clocks differ. `exp` gets nothing of it. */
const NOT_BEFORE_LEEWAY_S = 5;

type Claims = Readonly<Record<string, unknown>>;

/** Says who a token belongs to, by the rules of the option `jwt`. */
export class TokenVerifier {
  private readonly jwt: JwtService;

  constructor(
    private readonly options: JwtOptions,
    keys: VerificationKeys,
  ) {
    this.jwt = new JwtService({
      secretOrKeyProvider: async (_request, token) => {
        const key = await keys.find(this.headerOf(token as string));
        if (!key) throw new TokenRejectedException(REJECTIONS.tokenInvalid);
        return key;
      },
    });
  }

  /**
   * @throws TokenRejectedException when the token does not count; anything else is a failure of `resolveKey`
   */
  async verify(token: string): Promise<Principal> {
    const claims = await this.verifiedClaims(token);
    const now = Date.now() / 1_000;
    const { exp, nbf, iat, jti } = claims;
    const userId = claims[this.options.userIdClaim ?? 'sub'];
    if (!isId(userId)) reject('tokenInvalid');
    if (exp === undefined ? !this.options.allowEternalTokens : !isNumber(exp)) reject('tokenInvalid');
    // jsonwebtoken counts in whole seconds.
    if (isNumber(exp) && exp <= now) reject('tokenExpired');
    if (nbf !== undefined && !isNumber(nbf)) reject('tokenInvalid');
    if (isNumber(nbf) && nbf > now + NOT_BEFORE_LEEWAY_S) reject('tokenNotYetValid');
    return {
      userId: userId,
      tokenId: typeof jti === 'string' ? jti : undefined,
      issuedAt: isNumber(iat) ? iat * 1_000 : undefined,
      expiresAt: isNumber(exp) ? exp * 1_000 : undefined,
    };
  }

  private async verifiedClaims(token: string): Promise<Claims> {
    const { algorithms, issuer, audience } = this.options;
    let claims: unknown;
    try {
      claims = await this.jwt.verifyAsync(token, {
        algorithms: [...algorithms],
        // Types of jsonwebtoken want mutable tuples where a list will do.
        issuer: issuer as string | [string, ...string[]] | undefined,
        audience: audience as string | [string, ...string[]] | undefined,
        ignoreNotBefore: true,
      });
    } catch (error) {
      throw rejectionOf(error);
    }
    // jsonwebtoken hands out a payload that is no object as it is; signed or not, it names nobody.
    if (typeof claims !== 'object' || claims === null) reject('tokenInvalid');
    return claims as Claims;
  }

  private headerOf(token: string): TokenHeader {
    const decoded: { header?: Partial<TokenHeader> } | null = this.jwt.decode(token, { complete: true });
    const header = decoded?.header;
    const algorithms: readonly string[] = this.options.algorithms;
    const isNamed = typeof header?.alg === 'string' && algorithms.includes(header.alg);
    if (!isNamed || (header.kid !== undefined && typeof header.kid !== 'string')) reject('tokenInvalid');
    return header as TokenHeader;
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function reject(name: keyof typeof REJECTIONS): never {
  throw new TokenRejectedException(REJECTIONS[name]);
}

/**
 * What went wrong with a token: jsonwebtoken throws errors of every kind at what strangers send. By name, because its
 * classes may come from another copy of the package. Our own, and the host's, come through as they are.
 */
function rejectionOf(error: unknown): unknown {
  if (error instanceof HttpException || error instanceof KeyLookupError) return error;
  const name = error instanceof Error ? error.name : '';
  return new TokenRejectedException(
    name === 'TokenExpiredError' ? REJECTIONS.tokenExpired : REJECTIONS.tokenInvalid,
  );
}
