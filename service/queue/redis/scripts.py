"""What must happen in Redis at once, as Lua. Sent with EVAL: a server that restarts empty needs nothing from us.

Entries of a lane: `i` request, `t` stream for the reply, `p` task (codec). Replies: `i` request, `p` answer (codec),
`d` depth and `b` backlog (microseconds) that the lane had after it.
"""

SUBMIT = """
-- KEYS lane, its backlog, backlogs that go before it…   ARGV request, reply stream, task, capacity, cost, most, keep
local depth = redis.call('XLEN', KEYS[1])
if depth == 0 then redis.call('DEL', KEYS[2]) end
local ahead = 0
for n = 2, #KEYS do ahead = ahead + tonumber(redis.call('GET', KEYS[n]) or 0) end
local own = tonumber(redis.call('GET', KEYS[2]) or 0)
if depth >= tonumber(ARGV[4]) then return {0, depth, ahead, own} end
if depth > 0 and ahead + tonumber(ARGV[5]) > tonumber(ARGV[6]) then return {1, depth, ahead, own} end
local id = redis.call('XADD', KEYS[1], '*', 'i', ARGV[1], 't', ARGV[2], 'p', ARGV[3])
own = redis.call('INCRBY', KEYS[2], ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return {2, depth + 1, ahead, own, id}
"""
"""(0 | 1 | 2, depth, ahead of it, backlog of the lane, entry id): refused by depth, by time, accepted. Microseconds."""

WITHDRAW = """
-- KEYS lane, its backlog   ARGV group, entry, cost
redis.pcall('XACK', KEYS[1], ARGV[1], ARGV[2])
if redis.call('XDEL', KEYS[1], ARGV[2]) == 0 then return 0 end
redis.call('DECRBY', KEYS[2], ARGV[3])
return 1
"""

FINISH = """
-- KEYS lane, its backlog, replies   ARGV group, entry, cost, request, answer, keep
-- Whoever acknowledges the entry answers it; whoever comes second finds it acknowledged.
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
local backlog = redis.call('DECRBY', KEYS[2], ARGV[3])
local depth = redis.call('XLEN', KEYS[1])
redis.call('XADD', KEYS[3], '*', 'i', ARGV[4], 'p', ARGV[5], 'd', depth, 'b', backlog)
redis.call('PEXPIRE', KEYS[3], ARGV[6])
return 1
"""

CLAIM = """
-- KEYS lane   ARGV group, worker, least idle ms, count
local found = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], '0-0', 'COUNT', ARGV[4])[2]
local claimed = {}
for _, entry in ipairs(found) do
  local seen = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)[1]
  claimed[#claimed + 1] = {entry[1], entry[2], seen[4]}
end
return claimed
"""
"""[(entry id, fields, how often it was delivered)], oldest first."""

GIVE_BACK = """
-- KEYS lanes…   ARGV group, worker
-- As if nobody had touched them for an hour: the next claim of any worker takes them. No death is counted.
local given = 0
for n = 1, #KEYS do
  local pending = redis.pcall('XPENDING', KEYS[n], ARGV[1], '-', '+', 1000, ARGV[2])
  for _, entry in ipairs(pending.err and {} or pending) do
    redis.call('XCLAIM', KEYS[n], ARGV[1], ARGV[2], 0, entry[1], 'IDLE', 3600000, 'RETRYCOUNT', 0, 'JUSTID')
    given = given + 1
  end
end
return given
"""
"""How many. Also those that were delivered to this worker and never reached it."""

REGISTER = """
-- KEYS roster, seen, lanes and backlogs…   ARGV worker, registration, forget after ms, keep
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], now, ARGV[1])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3])) do
  redis.call('ZREM', KEYS[2], gone)
  redis.call('HDEL', KEYS[1], gone)
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[4]) end
return now
"""
"""The server's time in milliseconds."""

LEAVE = """
-- KEYS roster, seen, lanes…   ARGV group, worker
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[2])
for n = 3, #KEYS do
  local pending = redis.pcall('XPENDING', KEYS[n], ARGV[1], '-', '+', 1, ARGV[2])
  -- A consumer takes what it holds along into oblivion: only an empty one may go.
  if not pending.err and #pending == 0 then redis.pcall('XGROUP', 'DELCONSUMER', KEYS[n], ARGV[1], ARGV[2]) end
end
return 1
"""

SWEEP = """
-- KEYS lanes…   ARGV group, least idle ms
-- Consumers of workers that died, once all they held was claimed.
local swept = 0
for n = 1, #KEYS do
  for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[n], ARGV[1])) do
    local consumer = {}
    for f = 1, #fields, 2 do consumer[fields[f]] = fields[f + 1] end
    if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[n], ARGV[1], consumer.name)
      swept = swept + 1
    end
  end
end
return swept
"""

ROSTER = """
-- KEYS roster, seen, epoch, lane, backlog, lane, backlog   ARGV alive within ms, keep, word
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[3], ARGV[3], 'NX')
redis.call('PEXPIRE', KEYS[3], ARGV[2])
local workers = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], now - ARGV[1], '+inf')) do
  workers[#workers + 1] = redis.call('HGET', KEYS[1], name) or nil
end
local figures = {}
for n = 4, #KEYS, 2 do
  figures[#figures + 1] = redis.call('XLEN', KEYS[n])
  figures[#figures + 1] = tonumber(redis.call('GET', KEYS[n + 1]) or 0)
end
return {redis.call('GET', KEYS[3]), figures, workers}
"""

MISSING = """
-- KEYS lane   ARGV entries…
local missing = {}
for _, id in ipairs(ARGV) do
  if #redis.call('XRANGE', KEYS[1], id, id, 'COUNT', 1) == 0 then missing[#missing + 1] = id end
end
return missing
"""
