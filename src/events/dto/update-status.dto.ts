import { Equals } from 'class-validator';
import { LiveEvent } from '../live-event.decorator';

/** Users, roles, channels and presences may have changed: fetch them again. */
@LiveEvent('UPDATE_STATUS')
export class UpdateStatusDto {
  @Equals('UPDATE_STATUS')
  readonly message_type = 'UPDATE_STATUS';
}
