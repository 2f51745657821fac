/** A message as the host's database has it, with the spec's keys; more keys are allowed and stay home. */
export interface MessageRow {
  /** 1 to 255 characters. */
  readonly id: string;
  readonly user_id: string;
  /** May be empty. */
  readonly content: string;
  /** A `Date`, the spec's form, or ISO 8601. */
  readonly date_created: string | Date;
  /** Null: the same as `date_created`. */
  readonly date_updated: string | Date | null;
  /** `CHANNEL`, `USER`, or a type of the host's own. */
  readonly recipient_type: string;
  readonly reference_id: string;
}

/** Who types where. */
export interface TypingRow {
  readonly recipient_type: string;
  readonly reference_id: string;
  readonly user_id: string;
}
