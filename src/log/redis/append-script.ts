import { createHash } from 'node:crypto';

/** How {@link APPEND_SCRIPT} marks an error that came before it had written anything. */
export const REFUSED_PREFIX = 'REFUSED ';

/** What opens an epoch in the stream, at its seq 0. */
export const EPOCH_MARK = '{"v":1,"k":"epoch"}';

/**
 * Appends a batch, all or none, once; with number 0 and no records it only looks after the log's life.
 *
 * KEYS: log, head, fleeting, writer. ARGV: the batch's number, the epoch and the seq of the highest position that the
 * caller knows of, the bounds of the two streams, one letter a record (`d`urable, `f`leeting), then the records, each
 * one text that goes into its entry behind the time. Answers the place before the batch's first record, the head, the server's milliseconds since 1970,
 * and the last id of the fleeting stream (asked with number 0 only).
 *
 * The life of the log ends, and an epoch begins, where the server is not the one that wrote the head (`run_id`), where
 * the head lies below what the caller has seen (writes were lost), or where the stream has gone beyond it (somebody
 * else has written: the append sees it, or who follows has). Nothing is written before what may fail has been tried, and
 * what is tried by writing is taken back: an error that says REFUSED leaves no trace.
 */
export const APPEND_SCRIPT = `
local LOG, HEAD, FLEETING, WRITER = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local number, kinds = tonumber(ARGV[1]), ARGV[6]
local knownEpoch, knownSeq = tonumber(ARGV[2]), tonumber(ARGV[3])
local _, durable = string.gsub(kinds, 'd', '')
local hasFleeting = #kinds > durable

local function failed(reply) return type(reply) == 'table' and reply.err end
local function refused(reply) return redis.error_reply('${REFUSED_PREFIX}' .. reply.err) end
local function text(whole) return string.format('%.0f', whole) end
local function id(epoch, seq) return string.format('%.0f-%.0f', epoch, seq) end

local time = redis.pcall('TIME')
if failed(time) then return refused(time) end
local info = redis.pcall('INFO', 'server')
if failed(info) then return refused(info) end
local stored = redis.pcall('HMGET', HEAD, 'run', 'epoch', 'seq')
if failed(stored) then return refused(stored) end
local last = redis.pcall('GET', WRITER)
if failed(last) then return refused(last) end
if hasFleeting then
  local length = redis.pcall('XLEN', FLEETING)
  if failed(length) then return refused(length) end
end

local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = text(now)
local run = string.match(info, 'run_id:(%w+)')
local epoch, seq = tonumber(stored[2]) or 0, tonumber(stored[3]) or 0

if number > 0 and last then
  local lastNumber, place = string.match(last, '^(%d+) (%d+%-%d+)$')
  if tonumber(lastNumber) == number then return { place, id(epoch, seq), at, '' } end
  if lastNumber and tonumber(lastNumber) > number then
    return redis.error_reply('STALE a later batch of this writer is in the log')
  end
end

local begins = false
local function begin()
  local base = math.max(now, epoch + 1, knownEpoch + 1)
  local stream = redis.pcall('XINFO', 'STREAM', LOG)
  for index = 1, failed(stream) and 0 or #stream, 2 do
    if stream[index] == 'last-generated-id' then
      base = math.max(base, tonumber(string.match(stream[index + 1], '^%d+')) + 1)
    end
  end
  epoch, seq, begins = base, 0, true
end

local function entry(record) return at .. ' ' .. record end

local function add(place, record)
  return redis.pcall('XADD', LOG, 'MAXLEN', '~', ARGV[4], place, 'r', entry(record))
end

local function takeBack()
  if number > 0 then redis.pcall('SET', WRITER, last or '0 0-0', 'EX', 3600) end
  redis.pcall('HSET', HEAD, 'run', stored[1] or '', 'epoch', stored[2] or '0', 'seq', stored[3] or '0')
end

local function open()
  local reply
  if number > 0 then
    reply = redis.pcall('SET', WRITER, ARGV[1] .. ' ' .. id(epoch, seq), 'EX', 3600)
    if failed(reply) then return reply end
  end
  if begins or durable > 0 then
    reply = redis.pcall('HSET', HEAD, 'run', run, 'epoch', text(epoch), 'seq', text(seq + durable))
  end
  if begins and not failed(reply) then reply = add(id(epoch, 0), '${EPOCH_MARK}') end
  return reply
end

if stored[1] ~= run or epoch < knownEpoch or (epoch == knownEpoch and seq < knownSeq) then begin() end
local reply = open()
local first = string.find(kinds, 'd', 1, true)
if first and not failed(reply) then
  reply = add(id(epoch, seq + 1), ARGV[6 + first])
  if failed(reply) and string.find(reply.err, 'equal or smaller', 1, true) and not begins then
    begin()
    reply = open()
    if not failed(reply) then reply = add(id(epoch, 1), ARGV[6 + first]) end
  end
end
if failed(reply) then
  takeBack()
  return refused(reply)
end

local place, prefix = id(epoch, seq), text(epoch) .. '-'
for index = 1, #kinds do
  local record = entry(ARGV[6 + index])
  if string.byte(kinds, index) ~= 100 then
    redis.pcall('XADD', FLEETING, 'MAXLEN', '~', ARGV[5], '*', 'r', record, 'p', id(epoch, seq))
  else
    seq = seq + 1
    if index ~= first then redis.call('XADD', LOG, prefix .. text(seq), 'r', record) end
  end
end

local fleeting = ''
if number == 0 then
  local newest = redis.pcall('XREVRANGE', FLEETING, '+', '-', 'COUNT', 1)
  fleeting = not failed(newest) and newest[1] and newest[1][1] or '0-0'
end
return { place, id(epoch, seq), at, fleeting }
`;

export const APPEND_SCRIPT_SHA = createHash('sha1').update(APPEND_SCRIPT).digest('hex');
