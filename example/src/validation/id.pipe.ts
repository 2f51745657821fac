import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';
import { isUUID } from 'class-validator';

/** A UUID in the form in which the database prints it: topics and users are compared as text. */
@Injectable()
export class IdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (isUUID(value, 'loose')) return value.toLowerCase();
    throw new BadRequestException('An id in the path must be a UUID');
  }
}
