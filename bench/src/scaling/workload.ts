/** What a cell of a chat has to do. */
export interface Workload {
  /** Connections at once. */
  readonly connections: number;
  readonly nodes: number;
  /** Messages, edits and deletions a user and hour, while he is connected. */
  readonly messagesPerHour: number;
  /** Typing indicators for each message. */
  readonly typingPerMessage: number;
  /** How many connections a message reaches, on average. */
  readonly reach: number;
  /** How long a connection lives, in minutes. */
  readonly lifeMinutes: number;
}

/** Records a second, and how many of them are messages. */
export function ratesOf({ connections, messagesPerHour, typingPerMessage, lifeMinutes }: Workload): {
  readonly records: number;
  readonly messages: number;
  /** Comings and goings a second. */
  readonly presence: number;
  readonly connects: number;
} {
  const messages = (connections * messagesPerHour) / 3_600;
  const connects = connections / (lifeMinutes * 60);
  return { records: messages * (1 + typingPerMessage), messages, presence: 2 * connects, connects };
}
