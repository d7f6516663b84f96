import { keptWindows, settledForMs } from './store.ts';

/**
 * The number of the window that a time in milliseconds is in, as `windowOf()` of store.ts has it.
 *
 * @see https://doi.org/10.1002/spe.3172 Neri and Schneider, “Euclidean affine functions and their application to calendar
 *   algorithms”
 */
export const windowFunction = `
local function windowOf(per, now)
  local hours = math.floor(now / 3600000)
  if per == 'hour' then return hours end
  local days = math.floor(hours / 24)
  if per == 'day' then return days end
  local n = 4 * (days + 719468) + 3
  local century = math.floor(n / 146097)
  n = 4 * math.floor(n % 146097 / 4) + 3
  local month = math.floor((2141 * math.floor(n % 1461 / 4) + 197913) / 65536)
  return (100 * century + math.floor(n / 1461)) * 12 + month - 1
end`;

/**
 * All steps of the store, each atomic. The time is the server's.
 *
 * Keys: the marker of a settled call; then for each budget a hash, and a sorted set with the ends of the leases. The hash
 * has the fields `u`, `h` and `x` with the number of a window: spent, reserved, inexact calls; and `l` with the id of a
 * call: the window and the amount of its lease.
 *
 * Arguments: step, id, amount, lease in ms or number of windows, flag; then period and maximum of each budget.
 */
export const script: string = `${windowFunction}
local op, id, amount, count, flag = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lengths = { hour = 3600000, day = 86400000, month = 2678400000 }
local out, list = {}, {}

local function drop(b, x)
  local lease = redis.call('HGET', b.h, 'l' .. x)
  redis.call('ZREM', b.z, x)
  if not lease then return nil end
  redis.call('HDEL', b.h, 'l' .. x)
  local w, held = lease:match('(%d+):(%d+)')
  if held ~= '0' then redis.call('HINCRBY', b.h, 'h' .. w, '-' .. held) end
  return w
end

for i = 1, (#KEYS - 1) / 2 do
  local per = ARGV[4 + 2 * i]
  local b = { h = KEYS[2 * i], z = KEYS[2 * i + 1], w = windowOf(per, now), ms = lengths[per] * 33 }
  b.max = tonumber(ARGV[5 + 2 * i])
  list[i] = b
  for _, x in ipairs(redis.call('ZRANGEBYSCORE', b.z, '-inf', now, 'LIMIT', 0, 1000)) do drop(b, x) end
end

if op == 'read' then
  for _, b in ipairs(list) do
    for w = b.w, b.w - count + 1, -1 do
      local v = redis.call('HMGET', b.h, 'u' .. w, 'h' .. w, 'x' .. w)
      out[#out + 1] = w
      for j = 1, 3 do out[#out + 1] = tonumber(v[j] or 0) end
    end
  end
  return out
end

if redis.call('EXISTS', KEYS[1]) == 1 then return out end

local function expire(b)
  redis.call('PEXPIRE', b.h, b.ms)
  redis.call('PEXPIRE', b.z, b.ms)
end

if op == 'settle' then
  for _, b in ipairs(list) do
    local w = drop(b, id) or b.w
    if amount ~= '0' then redis.call('HINCRBY', b.h, 'u' .. w, amount) end
    if flag then redis.call('HINCRBY', b.h, 'x' .. w, 1) end
    expire(b)
  end
  redis.call('SET', KEYS[1], 1, 'PX', ${settledForMs})
  return out
end

for i, b in ipairs(list) do
  local v = redis.call('HMGET', b.h, 'u' .. b.w, 'h' .. b.w, 'l' .. id)
  local used, held = tonumber(v[1] or 0), tonumber(v[2] or 0)
  b.new, b.first = not v[3], not v[1] and not v[2]
  if b.new and (used + held + tonumber(amount) > b.max or used >= b.max) then
    for _, x in ipairs({ i - 1, used, held }) do out[#out + 1] = x end
  end
end
if #out > 0 and not flag then return out end
for _, b in ipairs(list) do
  if b.first then
    for _, f in ipairs(redis.call('HKEYS', b.h)) do
      local w = f:match('^[uhx](%d+)$')
      if w and tonumber(w) <= b.w - ${keptWindows} then redis.call('HDEL', b.h, f) end
    end
  end
  if b.new then
    redis.call('HINCRBY', b.h, 'h' .. b.w, amount)
    redis.call('HSET', b.h, 'l' .. id, b.w .. ':' .. amount)
  end
  redis.call('ZADD', b.z, now + count, id)
  expire(b)
end
return out`;
