import { DocBlock } from './doc-blocks';

/** What the pages' front ends take for granted. */
export const FRONT_END = `
import type { LiveClient, MessageOnWire } from 'nestjs-live-messages/client';
import type { Messages } from './messages';
declare global {
  type Message = MessageOnWire;
  interface User { readonly id: string }
  const session: { token(): string };
  const messages: Messages;
  const live: LiveClient;
  function show(event: unknown): void;
  function showState(status: string): void;
  function showReaction(messageId: string, emoji: string): void;
  function refetch(signal?: AbortSignal): Promise<void>;
  function fetchMessages(channelId: string, signal?: AbortSignal): Promise<readonly Message[]>;
  function merge(all: readonly Message[], more: readonly Message[]): readonly Message[];
}`;

/** What the pages' hosts take for granted. */
export const HOST = `
import type { INestApplication } from '@nestjs/common';
import type { redisEventLog as RedisEventLog } from 'nestjs-live-messages/redis';
import type { LiveEventsService, LiveMessagesModule as LiveModule, MembershipSource, MessageRow } from 'nestjs-live-messages';
declare global {
  namespace NodeJS { interface ProcessEnv { JWT_SECRET: string } }
  const app: INestApplication;
  const live: LiveEventsService;
  const LiveMessagesModule: typeof LiveModule;
  const redisEventLog: typeof RedisEventLog;
  const ca: string, password: string;
  class ChannelMemberships implements MembershipSource { topicsOf(userId: string): []; }
  const outbox: { oldest(count: number): Promise<{ id: string; row: MessageRow }[]>; delete(id: string): Promise<void> };
}`;

/** The host's messages. */
export const REPOSITORY = `
export class MessagesRepository {
  latest(_channelId: string): Promise<object[]> { return Promise.resolve([]); }
}`;

const IMPORTS = `
import { ForbiddenException, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import {
  IsRecipientType, IsWireId, JwtConnectionGuard, LiveEvent, LiveEventsService, LiveMemberships, LiveMessagesModule,
  LiveMessagesWsAdapter, PresenceService, toEveryone, toTopic, toUsers, topic, type LiveMessagesOptions, type MessageRow, type UpgradeRequest,
} from 'nestjs-live-messages';
interface Message {
  readonly id: string; readonly userId: string; readonly channelId: string; readonly content: string;
  readonly createdAt: Date; readonly updatedAt: Date | null;
}
declare class Bans { has(userId: string): Promise<boolean> }
@Module({}) class AppModule {}
declare const row: MessageRow, options: LiveMessagesOptions;
declare const id: string, channelId: string, userId: string, reference_id: string, message_id: string, emoji: string;
declare const ids: string[], userIds: string[];
declare function audit(userId: string, online: boolean): void;
`;

/** A part of the README in the class that it is a part of. */
export function inContext({ code }: DocBlock): string {
  const [classes, rest] = splitAfter(code, code.startsWith('@') ? code.lastIndexOf('\n}\n') + 3 : 0);
  const [own, statements] = splitAfter(rest, rest.startsWith('constructor(') ? rest.indexOf('\n') : 0);
  const members =
    own || 'constructor(readonly live: LiveEventsService, readonly memberships: LiveMemberships) {}';
  const body = statements.replaceAll('{ …,', '{ ...options,');
  return `${IMPORTS}${classes}\nexport class Somewhere { ${members} async run() {\n${body}\n} }\n`;
}

const splitAfter = (text: string, at: number) => [text.slice(0, at), text.slice(at)] as const;
