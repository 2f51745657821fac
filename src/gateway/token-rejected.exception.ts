import { UnauthorizedException } from '@nestjs/common';
import { Rejection } from './rejection';

/** A token that does not let its bearer in, with the reason that the client is told. */
export class TokenRejectedException extends UnauthorizedException {
  constructor(readonly rejection: Rejection) {
    super(rejection.close.reason);
  }
}
