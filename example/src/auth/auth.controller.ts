import { Body, Controller, Post } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { UsersService } from '../users/users.service';
import { IssueTokenDto } from './issue-token.dto';
import { Public } from './public.decorator';

@Controller('auth')
export class AuthController {
  constructor(
    private readonly users: UsersService,
    private readonly jwt: JwtService,
  ) {}

  /** Anyone gets a token for any name: a stand-in for the login that a real backend has. */
  @Public(true)
  @Post('token')
  async issueToken(@Body() { username }: IssueTokenDto): Promise<{ token: string; user_id: string }> {
    const user = await this.users.findOrCreate(username);
    return { token: await this.jwt.signAsync({}, { subject: user.id }), user_id: user.id };
  }
}
