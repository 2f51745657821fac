import { normalize } from 'node:path/posix';
import { ModulesContainer } from '@nestjs/core';
import { LiveMessagesGateway } from './live-messages.gateway';

/**
 * The name of another gateway on the same path, if there is one. Nest would give the two one server, with the
 * options of whichever came first: the endpoint's authentication, or none.
 */
export function findRivalGateway(modules: ModulesContainer, own: LiveMessagesGateway): string | undefined {
  const optionsKey = gatewayOptionsKey(own.constructor);
  const path = pathOf(optionsKey, own.constructor);
  for (const { providers } of modules.values()) {
    for (const { metatype, instance } of providers.values()) {
      if (typeof metatype !== 'function' || instance === own) continue;
      if (Reflect.hasMetadata(optionsKey, metatype) && pathOf(optionsKey, metatype) === path)
        return metatype.name;
    }
  }
  return undefined;
}

/** Under which key `@WebSocketGateway` keeps its options: found, because Nest does not publish it. */
function gatewayOptionsKey(gateway: object): unknown {
  return Reflect.getMetadataKeys(gateway).find((key) => {
    const value: unknown = Reflect.getMetadata(key, gateway);
    return typeof value === 'object' && value !== null && 'path' in value;
  });
}

function pathOf(optionsKey: unknown, gateway: object): string {
  const { path = '' } = (Reflect.getMetadata(optionsKey, gateway) ?? {}) as { path?: string };
  return normalize(`/${path}`).replace(/\/$/, '');
}
