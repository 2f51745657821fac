import { PlainText } from '../validation/plain-text.decorator';

export class IssueTokenDto {
  @PlainText({ max: 40, trim: true })
  readonly username!: string;
}
