// Permissions: what a user of NATS lacks, and how to grant it.
import { grantFor } from './subjects.ts'

export function deniedText(prefix: string, operation: 'publish' | 'subscribe', subject: string): string {
  return `this user of NATS may not ${operation === 'publish' ? 'publish to' : 'subscribe to'} ${subject}. Grant it in the server's configuration: permissions { ${operation}: { allow: ["${grantFor(prefix, subject)}"] } }`
}
