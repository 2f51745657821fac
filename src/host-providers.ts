import { InjectionToken } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { JwtConnectionGuard } from './gateway/jwt-connection.guard';
import { InvalidOptionsError } from './live-messages.errors';
import { MembershipSource } from './memberships/membership-source';

/**
 * The host's providers that the options name by token. They are looked up once the application stands, wherever
 * they are: no second instance, no `imports`, and no circle when a host's service injects `LiveEventsService`.
 */
export class HostProviders {
  private resolved:
    { readonly guard: JwtConnectionGuard; readonly source: MembershipSource | undefined } | undefined;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly tokens: {
      readonly guard: InjectionToken<JwtConnectionGuard>;
      readonly memberships: InjectionToken<MembershipSource> | undefined;
    },
  ) {}

  /** @throws InvalidOptionsError when a provider is not there, is request-scoped, or is not what it should be */
  resolve(): void {
    const { guard, memberships } = this.tokens;
    this.resolved = {
      guard: this.find('guard', guard, 'authenticate'),
      source: memberships === undefined ? undefined : this.find('memberships', memberships, 'topicsOf'),
    };
  }

  guard(): JwtConnectionGuard {
    return this.found.guard;
  }

  membershipSource(): MembershipSource {
    return this.found.source!;
  }

  private get found() {
    if (!this.resolved)
      throw new Error('LiveMessagesModule was asked before the application was initialised');
    return this.resolved;
  }

  private find<T extends object>(option: string, token: InjectionToken<T>, method: keyof T & string): T {
    let provider: T;
    try {
      provider = this.moduleRef.get<T>(token, { strict: false });
    } catch (error) {
      const why =
        (error as Error).constructor.name === 'InvalidClassScopeException'
          ? 'is request-scoped or transient: a singleton is needed, because there is no request'
          : "was not found: add it to a module's providers";
      throw new InvalidOptionsError([`${option}: the provider ${nameOf(token)} ${why}`]);
    }
    if (typeof provider?.[method] === 'function') return provider;
    throw new InvalidOptionsError([
      `${option}: the provider ${nameOf(token)} must have a method ${method}()`,
    ]);
  }
}

function nameOf(token: InjectionToken): string {
  return typeof token === 'function' ? token.name : String(token);
}
