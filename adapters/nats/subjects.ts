// Subjects: where an address is served, and where answers go.
//
//   <prefix>.<app>.<type>.<partition>      queries for one partition
//   <prefix>._reply.<caller>.<call>        answers for one caller
//   <prefix>._api.<app>.<operation>        questions to a gateway
//
// J1. Different addresses have different subjects, whatever characters their groups are made of; none has a wildcard or a blank.
// J2. No address has the subject of an answer or of a gateway: '_' is escaped.
import type { RpcAddress } from '../../system/ports/rpc.ts'

const PREFIX = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/
/** NATS takes 4096 bytes in one line of its protocol: subject, reply subject and lengths together. */
const SUBJECT_BYTES_MAX = 1024
const PREFIX_BYTES_MAX = 128

/** Letters, digits, '_' and '-', in parts separated by dots. */
export function isPrefix(text: string): boolean {
  return text.length <= PREFIX_BYTES_MAX && PREFIX.test(text)
}

/** Undefined: longer than NATS takes, or the partition is no index. */
export function querySubject(prefix: string, { group, partition }: RpcAddress): string | undefined {
  if (!Number.isSafeInteger(partition) || partition < 0) return undefined
  const subject = `${prefix}.${group.split('.').map(escaped).join('.')}.${partition}`
  return subject.length <= SUBJECT_BYTES_MAX ? subject : undefined
}

/** Of one caller; the token of the call follows. */
export function replyRoot(prefix: string, caller: string): string {
  return `${prefix}._reply.${caller}.`
}

/** What a user must be allowed so that everything of this kind works, and no more. */
export function grantFor(prefix: string, subject: string): string {
  if (subject.startsWith(`${prefix}._reply.`)) return `${prefix}._reply.>`
  if (subject.endsWith('.>')) return subject
  if (subject.startsWith('_INBOX.')) return '_INBOX.>'
  return `${subject.slice(0, subject.lastIndexOf('.'))}.*`
}

/** One token. By UTF-16 unit, so that ill-formed text keeps its difference too. */
function escaped(part: string): string {
  if (part === '') return '%'
  return part.replace(/[^A-Za-z0-9-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
