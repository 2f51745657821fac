import { LiveEvent } from '../live-event.decorator';
import { MessageFields } from './message-fields';

/** A new message. */
@LiveEvent('MESSAGE')
export class MessageDto extends MessageFields {
  override readonly message_type = 'MESSAGE';
  override readonly deleted = false;
}
