import { IsOptional, IsUUID } from 'class-validator';

export class ListMessagesDto {
  /** The id of a message: what came before it is listed. */
  @IsOptional()
  @IsUUID('loose')
  readonly before?: string;
}
