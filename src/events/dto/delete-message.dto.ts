import { LiveEvent } from '../live-event.decorator';
import { MessageFields } from './message-fields';

/** A message that is gone. */
@LiveEvent('DELETE_MESSAGE')
export class DeleteMessageDto extends MessageFields {
  override readonly message_type = 'DELETE_MESSAGE';
  override readonly deleted = true;
}
