/** Writes one line to the host's log. It is never given a token, a URL or an event's content. */
export type Report = (message: string, error?: unknown) => void;
