import { LiveEvent } from '../live-event.decorator';
import { MessageFields } from './message-fields';

/** A message whose content has changed. */
@LiveEvent('EDIT_MESSAGE')
export class EditMessageDto extends MessageFields {
  override readonly message_type = 'EDIT_MESSAGE';
  override readonly deleted = false;
}
