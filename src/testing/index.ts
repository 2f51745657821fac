export { type ConformanceCase, EVENT_LOG_CONFORMANCE, type MakeEventLog } from './event-log-conformance';
