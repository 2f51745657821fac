import { Inject, Injectable, InjectionToken, Module, Provider, Scope } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { JwtConnectionGuard } from './gateway/jwt-connection.guard';
import { TokenVerifier } from './gateway/token-verifier';
import { HostProviders } from './host-providers';
import { InvalidOptionsError } from './live-messages.errors';

@Injectable()
class Channels {
  topicsOf() {
    return [];
  }
}

/** What is wrong with a provider that the host names, or nothing. */
async function problemOf(
  option: 'guard' | 'memberships',
  token: InjectionToken,
  providers: Provider[] = [],
): Promise<string | undefined> {
  @Module({ providers })
  class FarAwayModule {}
  const testing = await Test.createTestingModule({
    imports: [FarAwayModule],
    providers: [JwtConnectionGuard, { provide: TokenVerifier, useValue: {} }],
  }).compile();
  const tokens = { guard: JwtConnectionGuard, memberships: undefined, [option]: token };
  const host = new HostProviders(testing.get(ModuleRef), tokens);
  try {
    host.resolve();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect((error as InvalidOptionsError).problems).toHaveLength(1);
    return (error as InvalidOptionsError).problems[0];
  }
  return undefined;
}

describe('a provider that the host names', () => {
  it.each<[how: string, token: InjectionToken, provider: Provider]>([
    ['a class', Channels, Channels],
    ['a string', 'channels', { provide: 'channels', useClass: Channels }],
    ['a symbol', Symbol.for('channels'), { provide: Symbol.for('channels'), useValue: new Channels() }],
    ['an alias', 'alias', { provide: 'alias', useFactory: () => new Channels() }],
  ])('is found in whatever module it is, by %s', async (_how, token, provider) => {
    expect(await problemOf('memberships', token, [provider])).toBeUndefined();
  });

  it('is the very one that the host has', async () => {
    const testing = await Test.createTestingModule({
      providers: [Channels, JwtConnectionGuard, { provide: TokenVerifier, useValue: {} }],
    }).compile();
    const host = new HostProviders(testing.get(ModuleRef), {
      guard: JwtConnectionGuard,
      memberships: Channels,
    });
    host.resolve();
    expect(host.membershipSource()).toBe(testing.get(Channels));
    expect(host.guard()).toBe(testing.get(JwtConnectionGuard));
  });

  it.each(['guard', 'memberships'] as const)('that is not there is missed at boot: %s', async (option) => {
    expect(await problemOf(option, Channels)).toBe(
      `${option}: the provider Channels was not found: add it to a module's providers`,
    );
    expect(await problemOf(option, 'channels')).toContain('the provider channels was not found');
    expect(await problemOf(option, Symbol('channels'))).toContain(
      'the provider Symbol(channels) was not found',
    );
  });

  it.each([
    ['request-scoped', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ])('that is %s is refused at boot, with the reason', async (_what, scope) => {
    const provider = { provide: Channels, useClass: Channels, scope };
    for (const option of ['guard', 'memberships'] as const) {
      expect(await problemOf(option, Channels, [provider])).toBe(
        `${option}: the provider Channels is request-scoped or transient: a singleton is needed, because there is no request`,
      );
    }
  });

  it('that depends on something request-scoped is refused at boot, with the reason', async () => {
    @Injectable()
    class ChannelsOfTenant extends Channels {
      constructor(@Inject('tenant') readonly tenant: string) {
        super();
      }
    }
    const tenant = { provide: 'tenant', scope: Scope.REQUEST, useFactory: () => 'acme' };
    expect(await problemOf('memberships', ChannelsOfTenant, [tenant, ChannelsOfTenant])).toContain(
      'the provider ChannelsOfTenant is request-scoped or transient',
    );
  });

  it.each<[option: 'guard' | 'memberships', method: string]>([
    ['guard', 'authenticate'],
    ['memberships', 'topicsOf'],
  ])('that lacks the method is refused at boot: %s', async (option, method) => {
    const problem = `${option}: the provider other must have a method ${method}()`;
    for (const useValue of [{}, { [method]: 'no function' }, 5, null, 'text']) {
      expect(await problemOf(option, 'other', [{ provide: 'other', useValue }])).toBe(problem);
    }
  });

  it('is not there before the application is initialised', async () => {
    const testing = await Test.createTestingModule({}).compile();
    const host = new HostProviders(testing.get(ModuleRef), {
      guard: JwtConnectionGuard,
      memberships: undefined,
    });
    expect(() => host.guard()).toThrow(/before the application was initialised/);
  });
});
