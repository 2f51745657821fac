export { LiveMessagesModule, type LiveMessagesOptionsFactory } from './live-messages.module';
export type {
  HistoryOptions,
  LimitOptions,
  LiveMessagesOptions,
  MembershipOptions,
  PresenceSettings,
} from './live-messages.options';
export {
  type FieldIssue,
  InvalidEventError,
  InvalidOptionsError,
  LogUnavailableError,
  MissingMembershipsError,
  PathTakenError,
  WrongAdapterError,
} from './live-messages.errors';

export { LiveEventsService } from './events/live-events.service';
export { IsRecipientType, IsWireDate, IsWireId, IsWireText } from './events/field-rules';
export { LiveEvent, type LiveEventOptions } from './events/live-event.decorator';
export type { EmitOptions, Emitted } from './events/emit-options';
export type { DisconnectTarget } from './events/disconnect-target';
export type { MessageRow, TypingRow } from './events/rows';
export { MessageDto } from './events/dto/message.dto';
export { EditMessageDto } from './events/dto/edit-message.dto';
export { DeleteMessageDto } from './events/dto/delete-message.dto';
export { TypingDto } from './events/dto/typing.dto';
export { UpdateStatusDto } from './events/dto/update-status.dto';
export { UpdateUsersDto } from './events/dto/update-users.dto';

export type { MembershipSource } from './memberships/membership-source';
export { LiveMemberships, type MembershipAccepted } from './memberships/live-memberships.service';

export { type ConnectionListener, ConnectionRegistry } from './hub/connection-registry';
export type { LiveConnection } from './hub/connection';
export type { Principal } from './hub/principal';

export { PresenceService } from './presence/presence.service';
export type { PresenceListener } from './presence/presence-agent';

export { JwtConnectionGuard } from './gateway/jwt-connection.guard';
export type { JwtAlgorithm, JwtKey, JwtOptions, TokenHeader } from './gateway/jwt-options';
export { LiveCursor } from './gateway/live-cursor';
export { LiveCursorInterceptor } from './gateway/live-cursor.interceptor';
export { LiveReadiness } from './gateway/live-readiness';
export { LiveMessagesWsAdapter, type LiveMessagesWsAdapterOptions } from './gateway/live-messages-ws.adapter';
export type { UpgradeRequest } from './gateway/upgrade-request';
export type { OriginCheck } from './gateway/handshake';

export {
  EventLog,
  type LogFollower,
  type LogRange,
  type LogSubscription,
  type RecordBatch,
} from './log/event-log';
export { MemoryEventLog, type MemoryEventLogOptions } from './log/memory-event-log';
export {
  type Attendance,
  type Excess,
  type NodeLoad,
  type PresenceChange,
  type PresenceNews,
  type PresenceNode,
  type PresenceRules,
  type PresenceSession,
  PresenceStore,
} from './log/presence-store';
export { type Audience, toEveryone, toTopic, toUsers } from './log/audience';
export type { Position } from './log/position';
export type { LogRecord, NewRecord } from './log/records';

export type { Connected, ControlOnWire, Heartbeat, Resync, ResyncReason } from './protocol/control';
export { CLOSE_CODES } from './protocol/close-codes';
export { type Topic, topic } from './protocol/topic';
export type { EventOnWire, MessageOnWire, RefreshOnWire, TypingOnWire } from './protocol/wire';
