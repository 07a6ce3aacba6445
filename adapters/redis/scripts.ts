// Scripts: the mark protocol inside Redis, where it is atomic (K1-K3). Each touches its KEYS alone, all of one slot.
//
// L1. Nothing is written before everything is decided: a script that Redis refuses (-OOM, rights) has changed nothing of a bucket.
// L2. Lists are taken in pieces: Lua unpacks at most some thousand values at once.
// L3. A staging key counts only when it holds exactly as many fields as were sent: one that expired, was evicted or flushed on the way is refused.
import type { Result } from 'ioredis'

export type Argument = string | Buffer

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** bucket · life, previous, next, count of snapshots, (field, value)..., fields to remove... */
    statelogWrite(args: readonly Argument[]): Result<string, Context>
    /** staging · ms to live, (field, value)... */
    statelogStage(args: readonly Argument[]): Result<string, Context>
    /** bucket, staging · life, previous, next, count of staged fields */
    statelogMerge(args: readonly Argument[]): Result<string, Context>
    /** bucket, staging · life, mark, count of staged fields */
    statelogSwap(args: readonly Argument[]): Result<string, Context>
  }
}

/** What a script answers when L3 does not hold. */
export const STAGING_LOST = 'STAGING'

/** Values that one command inside a script takes. */
const PIECE = 2000

const EACH_PIECE = `
local function eachPiece(command, key, values, first, last)
  for from = first, last, ${PIECE} do
    redis.call(command, key, unpack(values, from, math.min(from + ${PIECE} - 1, last)))
  end
end
`

/** K1, K2. Leaves a bucket without a head as nothing: what stands in it belongs to nobody. */
const DECIDE = `
local function decide(key, life, previous, next)
  local stored = redis.call('HMGET', key, 'life', 'mark')
  local mark = stored[2] and tonumber(stored[2]:match('^%d+$'))
  if not stored[1] then
    if redis.call('HLEN', key) > 0 then redis.call('UNLINK', key) end
    return previous == 0 and 'applied' or 'lost'
  end
  if stored[1] == life and mark == previous then return 'applied' end
  if stored[1] == life and mark and mark >= next then return 'ignored' end
  redis.call('UNLINK', key)
  return 'lost'
end
`

const STAGED = `
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[#ARGV]) then
  redis.call('UNLINK', KEYS[2])
  return redis.error_reply('${STAGING_LOST} what was staged is gone')
end
`

const WRITE = `${EACH_PIECE}${DECIDE}
local answer = decide(KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))
if answer ~= 'applied' then return answer end
local last = 4 + 2 * tonumber(ARGV[4])
eachPiece('HSET', KEYS[1], ARGV, 5, last)
eachPiece('HDEL', KEYS[1], ARGV, last + 1, #ARGV)
redis.call('HSET', KEYS[1], 'life', ARGV[1], 'mark', ARGV[3])
return answer
`

const STAGE = `${EACH_PIECE}
eachPiece('HSET', KEYS[1], ARGV, 2, #ARGV)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 'staged'
`

const MERGE = `${EACH_PIECE}${DECIDE}${STAGED}
local answer = decide(KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))
local cursor = answer == 'applied' and '0'
while cursor do
  local page = redis.call('HSCAN', KEYS[2], cursor, 'COUNT', ${PIECE / 2})
  local kept, removed = {}, {}
  for index = 1, #page[2], 2 do
    local field = page[2][index]
    if field:byte() == 43 then
      kept[#kept + 1] = field
      kept[#kept + 1] = page[2][index + 1]
    else
      removed[#removed + 1] = '+' .. field:sub(2)
    end
  end
  eachPiece('HSET', KEYS[1], kept, 1, #kept)
  eachPiece('HDEL', KEYS[1], removed, 1, #removed)
  cursor = page[1] ~= '0' and page[1]
end
if answer == 'applied' then redis.call('HSET', KEYS[1], 'life', ARGV[1], 'mark', ARGV[3]) end
redis.call('UNLINK', KEYS[2])
return answer
`

const SWAP = `${STAGED}
redis.call('HSET', KEYS[2], 'life', ARGV[1], 'mark', ARGV[2])
redis.call('PERSIST', KEYS[2])
redis.call('UNLINK', KEYS[1])
redis.call('RENAME', KEYS[2], KEYS[1])
return 'replaced'
`

export const SCRIPTS: Record<string, { lua: string; numberOfKeys: number }> = {
  statelogWrite: { lua: WRITE, numberOfKeys: 1 },
  statelogStage: { lua: STAGE, numberOfKeys: 1 },
  statelogMerge: { lua: MERGE, numberOfKeys: 2 },
  statelogSwap: { lua: SWAP, numberOfKeys: 2 },
}
