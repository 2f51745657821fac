import { PlainText } from '../validation/plain-text.decorator';

export class WriteMessageDto {
  @PlainText({ max: 4_000 })
  readonly content!: string;
}
