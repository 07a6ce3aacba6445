// What a user of the cluster lacks, said with the command that gives it.

interface Right {
  readonly operations: readonly string[]
  /** When it is needed. */
  readonly note?: string
}

/** By what the broker answers. */
const RIGHTS: Readonly<Record<string, Right>> = {
  TOPIC_AUTHORIZATION_FAILED: { operations: ['READ', 'WRITE', 'DESCRIBE_CONFIGS', 'CREATE'], note: 'CREATE only where statelog makes it' },
  GROUP_AUTHORIZATION_FAILED: { operations: ['READ'] },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { operations: ['WRITE', 'DESCRIBE'] },
}

/** `subject` as in `topic 'a.b'`, `topic 'a', 'b'` (one of them), `group 'a'`, `transactional id 'a/b/0'` or `the cluster`. */
export function rightText(subject: string, code: string): string {
  // Whoever may write some topic may write idempotently; brokers before 2.8 want IDEMPOTENT_WRITE on the cluster.
  if (code === 'CLUSTER_AUTHORIZATION_FAILED') return `the user may write no topic (${code}); grant WRITE on the topics of the app: kafka-acls --bootstrap-server <broker> --add --allow-principal User:<user> --operation WRITE --resource-pattern-type prefixed --topic <prefix>`
  const { operations, note } = RIGHTS[code] ?? { operations: [] }
  const said = `the user may not use ${subject} (${code})`
  if (operations.length === 0) return said
  const words = operations.length === 1 ? operations.join('') : `${operations.slice(0, -1).join(', ')} and ${operations.at(-1)}`
  const kind = subject.replace(/ '.*$/, '')
  const flag = subject === 'the cluster' ? '--cluster' : `--${kind.replace(' ', '-')}${subject.slice(kind.length).replaceAll("', '", `' --${kind} '`)}`
  const command = `kafka-acls --bootstrap-server <broker> --add --allow-principal User:<user> ${operations.map((each) => `--operation ${each}`).join(' ')} ${flag}`
  return `${said}; grant ${words} on ${subject === 'the cluster' ? subject : `the ${kind}`}${note === undefined ? '' : ` (${note})`}: ${command}`
}
