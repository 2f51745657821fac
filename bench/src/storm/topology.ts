/** How many clients come back at once. */
export const CLIENTS = 10_000;

/** How many topics each of them is in, and how many there are: every 40th, so that 250 are in each. */
export const TOPICS_OF_EACH = 50;
const TOPICS = 2_000;

/** What each of them has missed. */
export const MISSED = 20;

const CLASSES = TOPICS / TOPICS_OF_EACH;

/** The topics of a client: those of its class. */
export function topicsOf(client: number): number[] {
  return Array.from({ length: TOPICS_OF_EACH }, (_, n) => (client % CLASSES) + n * CLASSES);
}

/** A topic for each event, so that every client is in so many of them. */
export function missedTopics(): number[] {
  const inTurn = Array.from({ length: MISSED }, (_, n) => n * CLASSES);
  return inTurn.flatMap((first) => Array.from({ length: CLASSES }, (_, index) => first + index));
}
