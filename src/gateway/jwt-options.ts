import type { KeyObject } from 'node:crypto';

/** The algorithms a token may be signed with. jsonwebtoken 9 lacks EdDSA. */
export const JWT_ALGORITHMS = [
  ...(['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512'] as const),
  ...(['PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const),
] as const;

/** One of {@link JWT_ALGORITHMS}. */
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** A secret, or a public key as PEM. */
export type JwtKey = string | Buffer | KeyObject;

/** The header of a token, before anything of it is verified. */
export interface TokenHeader {
  readonly alg: string;
  readonly kid?: string;
}

/** Which tokens count. The key comes in exactly one of four ways. */
export interface JwtOptions {
  /** The secret of HS algorithms. */
  readonly secret?: JwtKey;
  /** The public key of RS, PS and ES algorithms. */
  readonly publicKey?: JwtKey;
  /** Keys by `kid`, for rotation: a token names its key, and one that names none or another is refused. */
  readonly keys?: Readonly<Record<string, JwtKey>>;
  /**
   * Looks a key up, in a JWKS say; what it returns is converted once. `undefined` refuses the token; what it throws
   * is a failure of ours (1011), unless it is an `UnauthorizedException`. It should cache.
   */
  readonly resolveKey?: (header: TokenHeader) => JwtKey | undefined | Promise<JwtKey | undefined>;
  /** The algorithms that count, never taken from the token. HS and the others can't be mixed. */
  readonly algorithms: readonly JwtAlgorithm[];
  /** The claim that holds the user's id. @default 'sub' */
  readonly userIdClaim?: string;
  /** The `iss` that tokens must have. @default not looked at */
  readonly issuer?: string | readonly string[];
  /** The `aud` that tokens must have. @default not looked at */
  readonly audience?: string | readonly string[];
  /** Whether tokens without `exp` count. @default false */
  readonly allowEternalTokens?: boolean;
}

/** Whether the algorithms are HMACs; a mixture of both kinds is refused at boot. */
export function isSymmetric({ algorithms }: Pick<JwtOptions, 'algorithms'>): boolean {
  return algorithms.every((algorithm) => algorithm.startsWith('HS'));
}

/** Whether a key is the text of an asymmetric one, which must never serve as a secret. */
export function looksLikePem(key: JwtKey | null | undefined): boolean {
  const isText = typeof key === 'string' || Buffer.isBuffer(key);
  return isText && key.toString('latin1').trimStart().startsWith('-----BEGIN ');
}
