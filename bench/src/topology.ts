import { FanOut, Scale } from './scenarios';

/** How many small channels there are with 10,000 users: 50 users each, 10 channels for each user. */
const SMALL_CHANNELS = 2_000;
const CHANNELS_PER_USER = 10;

/** How many small channels a user chooses each of his from. */
const BLOCK = SMALL_CHANNELS / CHANNELS_PER_USER;

/** The number of the channel that everyone is in. */
const EVERYONE = 999_999;

/** The number of a channel that nobody is in. */
const NOBODY = 999_998;

/** A step between channels that comes by all of them before it comes by one again. */
const STRIDE = 797;

/** The channels of a user, by their numbers; users have numbers from 0. */
export function channelsOf(user: number, scale: Scale): number[] {
  if (scale === 1_000) return [EVERYONE];
  const round = Math.floor(user / BLOCK);
  // Each round of users takes each channel of a block once, shifted, so that no two users share all their channels.
  const small = Array.from({ length: CHANNELS_PER_USER }, (_, block) => {
    return block * BLOCK + ((user + block * round) % BLOCK);
  });
  return [EVERYONE, ...small];
}

/** The channel of the n-th event of a life. */
export function channelOf(event: number, to: FanOut['to']): number {
  if (to === 'channels') return (event * STRIDE) % SMALL_CHANNELS;
  return to === 'everyone' ? EVERYONE : NOBODY;
}
