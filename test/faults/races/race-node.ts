import { HostRole } from '../roles';

/** A node of the races: `race-node-process.ts`. Each change settles with the cursor where it was accepted. */
export interface RaceNodeRole extends HostRole {
  emit(event: number, channel: number, afterMs: number): Promise<string>;
  left(user: string, channel: number, afterMs: number): Promise<string>;
  joined(user: string, channel: number): Promise<string>;
}

/** The channel that a user leaves and joins. */
export function channelOf(user: number): number {
  return user;
}
