import { KeyObject, constants, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { SECRET } from './tokens';

/** Key pairs of every kind that a token may be signed with. */
export const KEY_PAIRS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  otherRsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
};

/** A key pair's public half, as a host has it in its configuration. */
export function pemOf({ publicKey }: { publicKey: KeyObject }): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

/** Seconds since 1970, so many from now. */
export function inSeconds(seconds: number): number {
  return Date.now() / 1_000 + seconds;
}

/**
 * Signs whatever one likes, also what no library would sign.
 *
 * @param header what the token says of itself; `alg` decides how it is signed, `none` leaves the signature empty
 * @param payload its text, or an object to make it of
 */
export function jws(
  header: { alg: string; kid?: unknown; typ?: string },
  payload: object | string,
  key: KeyObject | string = SECRET,
): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const input = `${encode(JSON.stringify(header))}.${encode(text)}`;
  return `${input}.${signatureOf(header.alg, input, key)}`;
}

function signatureOf(alg: string, input: string, key: KeyObject | string): string {
  const hash = `sha${alg.slice(2)}`;
  const data = Buffer.from(input);
  switch (alg.slice(0, 2)) {
    case 'HS':
      return createHmac(hash, key).update(data).digest('base64url');
    case 'RS':
      return sign(hash, data, key).toString('base64url');
    case 'PS': {
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
      return sign(hash, data, { key: key as KeyObject, ...pss }).toString('base64url');
    }
    case 'ES':
      return sign(hash, data, { key: key as KeyObject, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    default:
      return '';
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
