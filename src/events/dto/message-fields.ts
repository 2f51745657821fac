import { Transform } from 'class-transformer';
import { IsBoolean, IsIn } from 'class-validator';
import { IsRecipientType, IsWireDate, IsWireId, IsWireText } from '../field-rules';
import { toWireDate } from '../wire-date';

/** What a message, an edit and a deletion have in common, in the order of the spec's keys. */
export abstract class MessageFields {
  /** The message's id, the same in its edits and its deletion: 1 to 255 characters. */
  @IsWireId()
  readonly id!: string;

  /** The author's user id. */
  @IsWireId()
  readonly user_id!: string;

  /** The text, which may be empty; at most `limits.contentBytes` bytes of UTF-8. */
  @IsWireText()
  readonly content!: string;

  /** UTC, `YYYY-MM-DD HH:MM:SS.ffffff`. */
  @Transform(({ value }) => wireDateOrSame(value))
  @IsWireDate()
  readonly date_created!: string;

  /** The same form; null in a row means that it is `date_created`. */
  @Transform(({ value, obj }) => wireDateOrSame(value === null ? (obj as MessageFields).date_created : value))
  @IsWireDate()
  readonly date_updated!: string;

  @IsIn(['MESSAGE', 'EDIT_MESSAGE', 'DELETE_MESSAGE'])
  abstract readonly message_type: string;

  /** `CHANNEL`, `USER`, or a type of the host's own. */
  @IsRecipientType()
  readonly recipient_type!: string;

  /** The id of the channel, the user, … that the message is for. */
  @IsWireId()
  readonly reference_id!: string;

  @IsBoolean()
  abstract readonly deleted: boolean;
}

/** Leaves what is no date to the validator, which says so. */
function wireDateOrSame(value: unknown): unknown {
  return toWireDate(value) ?? value;
}
