// What went wrong with Redis, for an operator: a stable code, what is wrong, what to do. Redis names its errors by their first word.
import { OperationError } from '../../system/protocol/failures.ts'
import { STAGING_LOST } from './scripts.ts'

interface Problem {
  readonly code: string
  readonly cure: string
}

const UNREACHABLE: Problem = { code: 'redis/unreachable', cure: 'states come from the log until it is back; see that Redis runs and that this machine may connect to it' }
const RIGHTS: Problem = { code: 'redis/rights', cure: 'give the user the rights that adapters/redis/README.md lists' }
const PASSWORD: Problem = { code: 'redis/password', cure: 'correct user and password in the address: redis://user:password@host:port, each percent-encoded' }
const CERTIFICATE: Problem = { code: 'redis/certificate', cure: 'give the certificate of the authority that signed Redis\'s own (option ca, or NODE_EXTRA_CA_CERTS), and use the name it was made for' }

const BY_FIRST_WORD: Readonly<Record<string, Problem>> = {
  WRONGPASS: PASSWORD,
  NOAUTH: PASSWORD,
  NOPERM: RIGHTS,
  OOM: { code: 'redis/memory', cure: 'give Redis more memory (maxmemory), or let it evict: maxmemory-policy allkeys-lru' },
  LOADING: { code: 'redis/loading', cure: 'Redis reads its dump; states come from the log until it is done' },
  READONLY: { code: 'redis/read-only', cure: 'this is a replica; let the address lead to the master' },
  CLUSTERDOWN: { code: 'redis/cluster-down', cure: 'slots of the Cluster are served by nobody; bring its nodes back' },
  MOVED: { code: 'redis/cluster', cure: 'this is a node of a Cluster: set topology to cluster' },
  CROSSSLOT: { code: 'redis/cluster', cure: 'this is a node of a Cluster: set topology to cluster' },
  MISCONF: { code: 'redis/disk', cure: 'Redis cannot save to its disk and refuses writes; free the disk, or turn saving off: a cache needs none' },
  MASTERDOWN: UNREACHABLE,
  BUSY: { code: 'redis/busy', cure: 'a script of somebody else blocks Redis; end it with SCRIPT KILL' },
  NOSCRIPT: { code: 'redis/scripts', cure: 'scripts vanish as soon as they are loaded; something flushes them all the time' },
  WRONGTYPE: { code: 'redis/foreign-key', cure: 'somebody else writes keys of this prefix; choose another prefix' },
  [STAGING_LOST]: { code: 'redis/staging', cure: 'Redis lost it, as by eviction; it is tried again' },
}

const HANGS: Problem = { code: 'redis/timeout', cure: 'Redis hangs, is overloaded or far away; states come from the log meanwhile' }
/** How the client says that it cut a connection on which nothing came. */
const SOCKET_TIMEOUT = /^Socket timeout\b/

const BY_SYSTEM_CODE: Readonly<Record<string, Problem>> = {
  ENOTFOUND: { code: 'redis/unreachable', cure: 'the name of its host is not known here; correct the address' },
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  CERT_HAS_EXPIRED: CERTIFICATE,
  ERR_TLS_CERT_ALTNAME_INVALID: CERTIFICATE,
}

/** The rights that a command lacks inside a script have no first word of their own. */
const RIGHTS_IN_SCRIPT = /user executing the script can't|ACL failure in script/

/** What to throw for whatever the client threw. */
export function operationError(shown: string, thrown: unknown): OperationError {
  if (thrown instanceof OperationError) return thrown
  const error = rootOf(thrown)
  const { code, cure } = problemOf(error)
  return new OperationError(code, `snapshot cache ${shown}: ${error.message}: ${cure}`)
}

export function timedOut(shown: string, timeoutMs: number): OperationError {
  return new OperationError(HANGS.code, `snapshot cache ${shown}: no answer within ${timeoutMs} ms: ${HANGS.cure}`)
}

export function behind(shown: string, bytesMax: number): OperationError {
  return new OperationError('redis/behind', `snapshot cache ${shown}: more than ${bytesMax} bytes are on their way to it: it takes less than is written; states come from the log meanwhile`)
}

export function closed(shown: string): OperationError {
  return new OperationError('redis/closed', `snapshot cache ${shown}: it was closed`)
}

interface Thrown {
  readonly message: string
  readonly code: string
}

/** Clients wrap: the last error of a node says more than "all failed". */
function rootOf(thrown: unknown): Thrown {
  if (typeof thrown !== 'object' || thrown === null) return { message: String(thrown), code: '' }
  if ('lastNodeError' in thrown && thrown.lastNodeError != null) return rootOf(thrown.lastNodeError)
  const message = 'message' in thrown ? String(thrown.message).trim() : ''
  const code = 'code' in thrown ? String(thrown.code) : ''
  // A host of several addresses that all refuse is an AggregateError without a message.
  return { message: message === '' ? (code === '' ? String(thrown) : code) : message, code }
}

function problemOf({ message, code }: Thrown): Problem {
  const word = /^[A-Z]+(?= |$)/.exec(message)?.[0] ?? ''
  if (RIGHTS_IN_SCRIPT.test(message)) return RIGHTS
  if (SOCKET_TIMEOUT.test(message)) return HANGS
  if (Object.hasOwn(BY_FIRST_WORD, word)) return BY_FIRST_WORD[word] ?? UNREACHABLE
  if (Object.hasOwn(BY_SYSTEM_CODE, code)) return BY_SYSTEM_CODE[code] ?? UNREACHABLE
  return word === 'ERR' ? { code: 'redis/refused', cure: 'it needs Redis 7 or Valkey; look at its log' } : UNREACHABLE
}
