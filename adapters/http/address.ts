// Address: which callers count as one: an IPv4 address, or the /64 that whoever has one IPv6 address has all of.
import { isIPv6 } from 'node:net'

const GROUPS_OF_64 = 4

/** The same text for all addresses of one caller. An IPv4 address as IPv6 writes it is the IPv4 address. */
export function callerOf(address: string | undefined): string {
  const [plain = ''] = (address ?? '').toLowerCase().split('%')
  if (!isIPv6(plain)) return plain
  const v4 = /^(?:0{0,4}:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (v4 !== undefined) return v4
  return `${groupsOf(plain).slice(0, GROUPS_OF_64).map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`
}

/** Its eight groups, those that `::` leaves out written as 0; an IPv4 tail stands behind what is looked at. */
function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : 8 - left.length - right.length - (address.includes('.') ? 1 : 0)
  return [...left, ...Array.from({ length: missing }, () => '0'), ...right]
}
