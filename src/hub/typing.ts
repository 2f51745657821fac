import { LogRecord, TypingRecord } from '../log/records';
import { Topic } from '../protocol/topic';

/** How typing indicators are kept few. */
export interface TypingOptions {
  /** One per topic and user in this time, in milliseconds. */
  readonly throttleMs: number;
  /** How old one may be when it goes out, in milliseconds. */
  readonly lifeMs: number;
}

/** Lets one typing indicator per topic and user through, now and then. */
export class Typing {
  /** In the order of time, so that the oldest are at the front. */
  private readonly lastAt = new Map<string, number>();

  constructor(private readonly options: TypingOptions) {}

  /** Whether this one goes out. */
  admits({ at, body }: LogRecord<TypingRecord>, now: number): boolean {
    this.prune(now);
    const key = typingKey(body.topic, body.author);
    if (this.isStale(at, now) || this.lastAt.has(key)) return false;
    this.lastAt.set(key, now);
    return true;
  }

  isStale(at: number, now: number): boolean {
    return now - at >= this.options.lifeMs;
  }

  /** The user's message is there: what he types next is news. */
  overtaken(topic: Topic, author: string): void {
    this.lastAt.delete(typingKey(topic, author));
  }

  private prune(now: number): void {
    for (const [key, at] of this.lastAt) {
      if (now - at < this.options.throttleMs) return;
      this.lastAt.delete(key);
    }
  }
}

/** The slot of a user in a topic. Ids hold no guarantee of their characters, so the lengths keep two slots apart. */
export function typingKey(topic: Topic, author: string): string {
  return `${topic.length}:${topic}${author}`;
}
