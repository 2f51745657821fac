import { Injectable } from '@nestjs/common';
import { InvalidEventError } from '../live-messages.errors';
import { Audience } from '../log/audience';
import { LogWriter } from '../log/log-writer';
import { formatCursor } from '../log/position';
import { NewRecord } from '../log/records';
import { MAX_ID_LENGTH, isId } from '../protocol/id';
import { Topic, topic } from '../protocol/topic';
import { DeleteMessageDto } from './dto/delete-message.dto';
import { EditMessageDto } from './dto/edit-message.dto';
import { MessageDto } from './dto/message.dto';
import { TypingDto } from './dto/typing.dto';
import { UpdateStatusDto } from './dto/update-status.dto';
import { UpdateUsersDto } from './dto/update-users.dto';
import { DisconnectTarget, disconnectRecord } from './disconnect-target';
import { EmitOptions, Emitted } from './emit-options';
import { ownAudience, requireMembers } from './event-audience';
import { EventCatalog, EventShape } from './event-catalog';
import { EncodedEvent, EventEncoder } from './event-encoder';
import { MessageRow, TypingRow } from './rows';

/**
 * What the host injects wherever something happens. Every method resolves once the ordered log has accepted the
 * event, and rejects with `InvalidEventError`, `MissingMembershipsError` or `LogUnavailableError`; call it after
 * the transaction has committed.
 */
@Injectable()
export class LiveEventsService {
  constructor(
    private readonly catalog: EventCatalog,
    private readonly encoder: EventEncoder,
    private readonly writer: LogWriter,
    private readonly hasMemberships: boolean,
  ) {}

  /** A new message, to the members of its topic. */
  message<Row extends MessageRow>(row: Row, options?: EmitOptions): Promise<Emitted> {
    return this.emitAs(MessageDto, row, options);
  }

  /** A message whose content has changed, to the members of its topic. */
  messageEdited<Row extends MessageRow>(row: Row, options?: EmitOptions): Promise<Emitted> {
    return this.emitAs(EditMessageDto, row, options);
  }

  /** A message that is gone, to the members of its topic. */
  messageDeleted<Row extends MessageRow>(row: Row, options?: EmitOptions): Promise<Emitted> {
    return this.emitAs(DeleteMessageDto, row, options);
  }

  /** Somebody types: to the members of the topic but himself, now or never. */
  typing<Row extends TypingRow>(row: Row, options?: EmitOptions): Promise<Emitted> {
    return this.emitAs(TypingDto, row, options);
  }

  /** Users, roles, channels or presences have changed: everyone fetches, spread by `refresh.perSecond`. */
  updateStatus(options?: EmitOptions): Promise<Emitted> {
    return this.emitAs(UpdateStatusDto, {}, options);
  }

  /** Users or presences have changed: everyone fetches, spread by `refresh.perSecond`. */
  updateUsers(options?: EmitOptions): Promise<Emitted> {
    return this.emitAs(UpdateUsersDto, {}, options);
  }

  /** Any event by its class: one of the six, or one of the host's own that is listed in the option `events`. */
  async emit(event: object, options?: EmitOptions): Promise<Emitted> {
    const shape = this.catalog.shapeOf(event);
    if (!shape) {
      const message =
        "must be an instance of a class with @LiveEvent('NAME') that is listed in the option `events`";
      throw new InvalidEventError('The event', [{ path: '(event)', message }]);
    }
    return this.emitShape(shape, event, options);
  }

  /**
   * Closes connections, on every node: kicks a user, or revokes tokens.
   *
   * @throws TypeError when the target is none; LogUnavailableError as every emit
   */
  async disconnect(target: DisconnectTarget): Promise<Emitted> {
    const record = disconnectRecord(target);
    if (record.kind === 'disconnect') return this.append(record);
    return { cursor: formatCursor(await this.writer.revoke(record)) };
  }

  private async emitAs(type: new () => object, row: object, options?: EmitOptions): Promise<Emitted> {
    return this.emitShape(this.catalog.shapeOfClass(type)!, row, options);
  }

  private emitShape(shape: EventShape, input: object, given?: EmitOptions): Promise<Emitted> {
    const options = given ?? {};
    checkOptions(shape, options);
    const event = this.encoder.encode(shape, input);
    const audience = options.to ?? ownAudience(shape, event.fields);
    requireMembers(shape, audience, this.hasMemberships);
    return this.append(toRecord(shape, event, audience, options.actor), options.idempotencyKey);
  }

  private async append(record: NewRecord, key?: string): Promise<Emitted> {
    return { cursor: formatCursor(await this.writer.append(record, key)) };
  }
}

function checkOptions(shape: EventShape, options: EmitOptions): void {
  const issues = [];
  if (options.to !== undefined && !Audience.is(options.to)) {
    issues.push({ path: 'to', message: 'must come from toTopic(), toUsers() or toEveryone()' });
  }
  for (const path of ['actor', 'idempotencyKey'] as const) {
    const value: unknown = options[path];
    if (value === undefined || isId(value)) continue;
    issues.push({ path, message: `must be a string of 1 to ${MAX_ID_LENGTH} characters` });
  }
  if (issues.length > 0) throw new InvalidEventError(shape.name, issues);
}

function toRecord(shape: EventShape, event: EncodedEvent, audience: Audience, actor?: string): NewRecord {
  const { json, fields } = event;
  switch (shape.name) {
    case 'UPDATE_STATUS':
    case 'UPDATE_USERS':
      return { kind: 'refresh', what: shape.name, audience, actor, durable: true };
    case 'TYPING':
      return {
        kind: 'typing',
        json,
        audience,
        author: fields.user_id as string,
        topic: topicOf(fields),
        durable: false,
      };
    case 'MESSAGE':
    case 'EDIT_MESSAGE':
    case 'DELETE_MESSAGE':
      return {
        kind: 'event',
        type: shape.name,
        json,
        audience,
        author: fields.user_id as string,
        topic: topicOf(fields),
        subject: fields.id as string,
        durable: true,
      };
    default:
      return { kind: 'event', type: shape.name, json, audience, durable: shape.durable };
  }
}

function topicOf(fields: Readonly<Record<string, unknown>>): Topic {
  return topic(fields.recipient_type as string, fields.reference_id as string);
}
