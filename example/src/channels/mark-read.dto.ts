import { IsUUID } from 'class-validator';

export class MarkReadDto {
  /** The id of a message: it and what came before it have been read. */
  @IsUUID('loose')
  readonly message_id!: string;
}
