/** Who a connection belongs to, and by which token. */
export interface Principal {
  /** 1 to 255 characters, well-formed. */
  readonly userId: string;
  /** The token's `jti`, by which it can be revoked. */
  readonly tokenId?: string;
  /** Milliseconds since 1970; the token's `iat`. */
  readonly issuedAt?: number;
  /** Milliseconds since 1970; the token's `exp`, when the connection is closed. Undefined: never. */
  readonly expiresAt?: number;
}
