import { Equals } from 'class-validator';
import { LiveEvent } from '../live-event.decorator';

/** Users and presences may have changed: fetch them again. */
@LiveEvent('UPDATE_USERS')
export class UpdateUsersDto {
  @Equals('UPDATE_USERS')
  readonly message_type = 'UPDATE_USERS';
}
