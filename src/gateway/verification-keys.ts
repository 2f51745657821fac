import { KeyObject, createPublicKey, createSecretKey } from 'node:crypto';
import { HttpException } from '@nestjs/common';
import { JwtKey, JwtOptions, TokenHeader, isSymmetric, looksLikePem } from './jwt-options';

/** The host could not say which key a token was signed with: its failure, not the token's. */
export class KeyLookupError extends Error {
  override readonly name = 'KeyLookupError';
}

/** How many keys of `resolveKey` are kept converted. */
const MAX_CONVERTED = 32;

/**
 * The keys that tokens are verified with, as `KeyObject`s, each made once: jsonwebtoken converts a string anew for
 * every token, which costs more than the verification.
 */
export class VerificationKeys {
  private readonly single: KeyObject | undefined;
  private readonly byKid: ReadonlyMap<string, KeyObject> | undefined;
  private readonly converted = new Map<string, KeyObject>();

  /** @throws Error when a key is none; its text does not hold the key */
  constructor(private readonly options: JwtOptions) {
    const { secret, publicKey, keys } = options;
    if (secret !== undefined && secret !== null) this.single = toSecretKey(secret);
    if (publicKey !== undefined && publicKey !== null) this.single = toPublicKey(publicKey);
    if (keys) this.byKid = new Map(Object.entries(keys).map(([kid, key]) => [kid, this.toKey(key)]));
  }

  /** The keys that are known at boot. */
  get known(): readonly KeyObject[] {
    return this.single ? [this.single] : [...(this.byKid?.values() ?? [])];
  }

  /** The key for a token, or undefined when there is none. What `resolveKey` throws comes through. */
  find(header: TokenHeader): KeyObject | undefined | Promise<KeyObject | undefined> {
    if (this.single) return this.single;
    if (this.byKid) return header.kid === undefined ? undefined : this.byKid.get(header.kid);
    return this.resolve(header);
  }

  private async resolve(header: TokenHeader): Promise<KeyObject | undefined> {
    const key = await this.ask(header);
    if (key === undefined || key === null) return undefined;
    if (key instanceof KeyObject) return this.convert(key);
    if (typeof key !== 'string' && !Buffer.isBuffer(key)) throw noKey();
    // A string may look like another key's bytes in base64.
    const text = `${typeof key} ${key.toString('base64')}`;
    const known = this.converted.get(text);
    if (known) return known;
    const made = this.convert(key);
    if (this.converted.size >= MAX_CONVERTED) this.converted.delete(this.converted.keys().next().value!);
    this.converted.set(text, made);
    return made;
  }

  /** The host's failure must not pass for a bad token, whatever kind of error it is. */
  private async ask(header: TokenHeader): Promise<JwtKey | undefined> {
    try {
      return await this.options.resolveKey?.(header);
    } catch (error) {
      if (error instanceof HttpException) throw error;
      throw new KeyLookupError('jwt.resolveKey failed', { cause: error });
    }
  }

  private convert(key: JwtKey): KeyObject {
    try {
      return this.toKey(key);
    } catch {
      throw noKey();
    }
  }

  private toKey(key: JwtKey): KeyObject {
    return isSymmetric(this.options) ? toSecretKey(key) : toPublicKey(key);
  }
}

function noKey(): KeyLookupError {
  return new KeyLookupError('jwt.resolveKey answered what is no key for the algorithms');
}

/** With an empty secret anybody could sign, and with a public key as the secret whoever knows it. */
function toSecretKey(key: JwtKey): KeyObject {
  if (looksLikePem(key)) throw new TypeError('a PEM key is no secret');
  const made = key instanceof KeyObject ? key : createSecretKey(Buffer.from(key as string));
  if (made.type !== 'secret' || made.symmetricKeySize === 0)
    throw new TypeError('a secret must not be empty');
  return made;
}

function toPublicKey(key: JwtKey): KeyObject {
  const made = key instanceof KeyObject && key.type !== 'private' ? key : createPublicKey(key);
  if (made.type !== 'public') throw new TypeError('a secret is no public key');
  return made;
}
