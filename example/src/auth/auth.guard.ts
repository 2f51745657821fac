import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { UsersService } from '../users/users.service';
import type { AuthenticatedRequest } from './authenticated-request';
import { Public } from './public.decorator';

/** Lets a request pass with `Authorization: Bearer <JWT>` of a user that exists. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly jwt: JwtService,
    private readonly users: UsersService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride(Public, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    request.userId = await this.userOf(request.headers.authorization);
    return true;
  }

  private async userOf(authorization = ''): Promise<string> {
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    if (!token) throw new UnauthorizedException('Send a token: Authorization: Bearer <JWT>');
    const claims = await this.jwt.verifyAsync<{ sub?: unknown }>(token).catch(() => undefined);
    // A token may outlive its user: the data in memory ends with the process, JWT_SECRET may not.
    if (typeof claims?.sub === 'string' && (await this.users.exists(claims.sub))) return claims.sub;
    throw new UnauthorizedException('The token is not valid');
  }
}
