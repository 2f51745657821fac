import { PlainText } from '../validation/plain-text.decorator';

export class MakeChannelDto {
  @PlainText({ max: 60, trim: true })
  readonly name!: string;
}
