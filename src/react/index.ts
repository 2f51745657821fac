'use client';

export { useLiveMessages } from './use-live-messages.ts';
export type { LiveMessagesHandlers } from './use-live-messages.ts';
export type { LiveMessagesOptions } from './shared-client.ts';
export type { ChatEvents, LiveState, ResyncRequest } from '../client/index.ts';
