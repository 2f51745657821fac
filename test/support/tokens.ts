import { JwtService, JwtSignOptions } from '@nestjs/jwt';

export const SECRET = 'a secret that only tests know, 32 bytes and more';

/** A token that the hosts of {@link startHost} accept, unless the claims or options say otherwise. */
export function tokenOf(userId: string, claims: object = {}, options: JwtSignOptions = {}): string {
  return new JwtService({ secret: SECRET }).sign({ sub: userId, ...claims }, { expiresIn: '1h', ...options });
}
