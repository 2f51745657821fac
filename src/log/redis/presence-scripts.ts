import { RedisScript } from './redis-script';

/** How many connections of one user are called too many at once. */
const MAX_EXCESS = 10;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Who has not seen yet that the data's life is over must not judge by it who is dead or gone. */
const IN_LIFE = `
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if redis.call('GET', KEYS[1]) ~= ARGV[1] or string.match(ARGV[1], '^%w+') ~= run then return false end
`;

/**
 * Renews a node's lease, and takes in who came and who is gone; whatever of it was taken in before changes nothing.
 *
 * KEYS: life, nodes, loads, online, leaving, news, the node's users, then each entry's user. ARGV: the node's key, the
 * life that it knows (empty: it joins), the life that it knew before that, the lease, the grace (both in ms), the limit
 * of connections per user, how many connections the node has, a number above that of its last call, then of each entry
 * `came`, `back` (it came when nobody could write it down: no news) or `gone`, the user's id, the member of his set, and
 * when the connection began.
 *
 * Answers the life, the server's milliseconds, how many connections there are, how many nodes, how much news, and of
 * those who have too many the entry and the members of the oldest. Where the node is not known, which is where a life
 * has ended or the others took it for dead, or where the call is older than another, nothing is taken in, and only the
 * life is answered.
 *
 * A life ends with the server (\`run_id\`) or its data: whatever stands there then may be of before, so every node's
 * lease is over, and each comes back under a key of its own.
 */
export const SYNC = new RedisScript(`
local LIFE, NODES, LOADS, ONLINE, LEAVING, NEWS, USERS = unpack(KEYS, 1, 7)
local key, known, before = ARGV[1], ARGV[2], ARGV[3]
local lease, grace, limit = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
${NOW}
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local life = redis.call('GET', LIFE)
if not life or string.match(life, '^%w+') ~= run then
  for _, node in ipairs(redis.call('ZRANGE', NODES, 0, -1)) do
    redis.call('ZADD', NODES, 0, node)
    redis.call('HDEL', LOADS, node)
  end
  life = run .. ' ' .. string.format('%.0f', now)
  redis.call('SET', LIFE, life)
end
if known ~= '' and (known ~= life or not redis.call('ZSCORE', NODES, key)) then return { life } end
local last = redis.call('HMGET', LOADS, key)[1]
if last and tonumber(string.match(last, ' (%d+)')) >= tonumber(ARGV[8]) then return { life } end
if known == '' and before ~= '' and before ~= life then redis.call('ZADD', NEWS, 'NX', now + lease, '*') end
redis.call('ZADD', NODES, now + lease, key)
redis.call('HSET', LOADS, key, ARGV[7] .. ' ' .. ARGV[8])

local came = {}
for index = 8, #KEYS do
  local user = KEYS[index]
  local what, id, member, since = unpack(ARGV, index * 4 - 23, index * 4 - 20)
  if what == 'gone' then
    if redis.call('ZREM', user, member) == 1 then
      if redis.call('HINCRBY', USERS, id, -1) <= 0 then redis.call('HDEL', USERS, id) end
      -- Also where he has others: they may be on a node of which nobody knows yet that it is dead.
      redis.call('ZADD', LEAVING, now + grace, id)
    end
  elseif redis.call('ZADD', user, since, member) == 1 then
    redis.call('HINCRBY', USERS, id, 1)
    redis.call('ZREM', LEAVING, id)
    if redis.call('SADD', ONLINE, id) == 1 and what == 'came' then
      redis.call('ZREM', NEWS, '-' .. id)
      redis.call('ZADD', NEWS, now, '+' .. id)
    end
    came[user] = index - 7
  end
end

local leases = {}
local function lives(node)
  if leases[node] == nil then leases[node] = tonumber(redis.call('ZSCORE', NODES, node) or 0) > now end
  return leases[node]
end

local all = 0
for _, load in ipairs(redis.call('HVALS', LOADS)) do all = all + string.match(load, '%d+') end
local living = redis.call('ZCOUNT', NODES, now, '+inf')
local answer = { life, string.format('%.0f', now), all, living, redis.call('ZCOUNT', NEWS, '-inf', now) }
for user, entry in pairs(came) do
  if redis.call('ZCARD', user) > limit then
    local counted = {}
    for _, member in ipairs(redis.call('ZRANGE', user, 0, -1)) do
      local node, replaced = string.match(member, '^(%S+) %S+ (%S+)$')
      if lives(node) and tonumber(replaced) > now then counted[#counted + 1] = member end
    end
    for index = 1, math.min(#counted - limit, ${MAX_EXCESS}) do
      answer[#answer + 1] = entry
      answer[#answer + 1] = counted[index]
    end
  end
end
return answer
`);

/**
 * Takes nodes whose leases are over out of those that live, and answers one of the dead whose users nobody is seeing to.
 *
 * KEYS: life, nodes, loads, dead. ARGV: the life that the asking node knows, and after how many milliseconds somebody
 * else sees to it. A dead node is its key, a blank, and when its lease was over.
 */
export const BURY = new RedisScript(`
${IN_LIFE}
local NODES, LOADS, DEAD = unpack(KEYS, 2)
${NOW}
local over = redis.call('ZRANGEBYSCORE', NODES, '-inf', now, 'WITHSCORES', 'LIMIT', 0, 10)
for index = 1, #over, 2 do
  redis.call('ZREM', NODES, over[index])
  redis.call('HDEL', LOADS, over[index])
  redis.call('ZADD', DEAD, now, over[index] .. ' ' .. over[index + 1])
end
local dead = redis.call('ZRANGEBYSCORE', DEAD, '-inf', now, 'LIMIT', 0, 1)[1]
if dead then redis.call('ZADD', DEAD, now + ARGV[2], dead) end
return dead
`);

/**
 * A node goes by itself; users that it still has are seen to like those of the dead, with their whole grace.
 *
 * KEYS: nodes, loads, dead, the node's users. ARGV: the node's key, and the lease in milliseconds.
 */
export const FAREWELL = new RedisScript(`
local NODES, LOADS, DEAD, USERS = unpack(KEYS)
${NOW}
redis.call('HDEL', LOADS, ARGV[1])
if redis.call('ZREM', NODES, ARGV[1]) == 1 and redis.call('EXISTS', USERS) == 1 then
  redis.call('ZADD', DEAD, now, ARGV[1] .. ' ' .. string.format('%.0f', now + ARGV[2]))
end
return 0
`);

/**
 * Takes users off a dead node: who has no connection elsewhere leaves, but has the grace of those that he closed.
 *
 * KEYS: leaving, the node's users, then each user. ARGV: the node's key, when its users leave (the server's
 * milliseconds), then each user's id.
 */
export const TAKE_OFF = new RedisScript(`
local LEAVING, USERS = KEYS[1], KEYS[2]
local prefix = ARGV[1] .. ' '
for index = 3, #KEYS do
  local user, id = KEYS[index], ARGV[index]
  for _, member in ipairs(redis.call('ZRANGE', user, 0, -1)) do
    if string.sub(member, 1, #prefix) == prefix then redis.call('ZREM', user, member) end
  end
  redis.call('HDEL', USERS, id)
  if redis.call('EXISTS', user) == 0 then redis.call('ZADD', LEAVING, 'GT', ARGV[2], id) end
end
return 0
`);

/**
 * Those whose grace is over, and who have not come back, are online no more.
 *
 * KEYS: life, leaving, online, news, then each user. ARGV: the life that the asking node knows, then each user's id.
 */
export const DEPART = new RedisScript(`
${IN_LIFE}
local LEAVING, ONLINE, NEWS = unpack(KEYS, 2, 4)
${NOW}
for index = 5, #KEYS do
  local id = ARGV[index - 3]
  local due = tonumber(redis.call('ZSCORE', LEAVING, id) or now + 1)
  if due <= now then
    redis.call('ZREM', LEAVING, id)
    if redis.call('EXISTS', KEYS[index]) == 0 and redis.call('SREM', ONLINE, id) == 1 then
      redis.call('ZREM', NEWS, '+' .. id)
      redis.call('ZADD', NEWS, now, '-' .. id)
    end
  end
end
return 0
`);

/**
 * News to announce: they come again, to whoever asks then, unless they are settled in time.
 *
 * KEYS: news. ARGV: how many at most, and after how many milliseconds they come again. Answers that time, then the news.
 */
export const TAKE_NEWS = new RedisScript(`
${NOW}
local again = string.format('%.0f', now + ARGV[2])
local taken = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, one in ipairs(taken) do redis.call('ZADD', KEYS[1], again, one) end
return { again, unpack(taken) }
`);

/** The news were announced. KEYS: news. ARGV: what {@link TAKE_NEWS} answered; one that is newer stays. */
export const SETTLE_NEWS = new RedisScript(`
for index = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[index]) == ARGV[1] then redis.call('ZREM', KEYS[1], ARGV[index]) end
end
return 0
`);
