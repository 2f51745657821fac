import { Equals } from 'class-validator';
import { IsRecipientType, IsWireId } from '../field-rules';
import { LiveEvent } from '../live-event.decorator';

/** Somebody types. */
@LiveEvent('TYPING', { durable: false })
export class TypingDto {
  @Equals('TYPING')
  readonly message_type = 'TYPING';

  /** `CHANNEL`, `USER`, or a type of the host's own. */
  @IsRecipientType()
  readonly recipient_type!: string;

  /** Where: the id of the channel, the user, … */
  @IsWireId()
  readonly reference_id!: string;

  /** Who. */
  @IsWireId()
  readonly user_id!: string;
}
