/** What is wrong with one field of an event. */
export interface FieldIssue {
  /** The field, with dots into nested ones: `author.name`. */
  readonly path: string;
  /** What was expected of it. Never its value. */
  readonly message: string;
}

/** An event was not accepted, because of what is in it: nothing was sent. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';

  constructor(
    /** The `message_type`, or the class's name. */
    readonly event: string,
    readonly issues: readonly FieldIssue[],
  ) {
    super(`${event} is not valid: ${issues.map((issue) => `${issue.path} ${issue.message}`).join('; ')}`);
  }
}

/** An event for a topic in a host that has not said who is in its topics. */
export class MissingMembershipsError extends Error {
  override readonly name = 'MissingMembershipsError';

  constructor(event: string) {
    super(
      `${event} goes to the members of a topic, but LiveMessagesModule does not know who they are. Set the option ` +
        '`memberships` to a provider with `topicsOf(userId)`, or name the users: `{ to: toUsers(userIds) }`.',
    );
  }
}

/** The log did not accept a record within `emitTimeoutMs`. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';

  constructor(
    /** `refused`: certainly not in the log. `unknown`: it may be. */
    readonly outcome: 'refused' | 'unknown',
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`The event log did not accept the record (${outcome}): ${why}`, options);
  }
}

/** An option is missing, unknown or out of range; thrown at boot. */
export class InvalidOptionsError extends Error {
  override readonly name = 'InvalidOptionsError';

  constructor(readonly problems: readonly string[]) {
    super(`LiveMessagesModule options are not valid: ${problems.join('; ')}`);
  }
}

/** The application's WebSocket adapter can't carry the endpoint; thrown at boot. */
export class WrongAdapterError extends Error {
  override readonly name = 'WrongAdapterError';

  constructor() {
    super(
      'LiveMessagesModule needs a ws adapter. Add this line before `app.listen()` (and before `app.init()`): ' +
        '`app.useWebSocketAdapter(new LiveMessagesWsAdapter(app))`',
    );
  }
}

/** Another gateway stands on the endpoint's path; thrown at boot. */
export class PathTakenError extends Error {
  override readonly name = 'PathTakenError';

  constructor(path: string, rival: string) {
    super(
      `The gateway ${rival} stands on ${path}, like LiveMessagesModule's: they would share one server, and perhaps its ` +
        'lack of authentication. Give one of them another path: `LiveMessagesModule.forRoot({ path: … })`',
    );
  }
}
