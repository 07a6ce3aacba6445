// What a user of a Kafka cluster needs, and how what is lacking is said: with the command that gives it.
//
// Owns: the words. Which kind of right is lacking is in the broker's code; on what, only who asked may know.

export type ResourceKind = 'topic' | 'group' | 'transactional id'

export type Operation = 'READ' | 'WRITE' | 'CREATE' | 'DESCRIBE' | 'DESCRIBE_CONFIGS'

/** What a request is about, as the cluster calls it. */
export interface Touched {
  readonly topics?: readonly string[]
  /** What is done with the topics; undefined: all that an app does. */
  readonly operation?: Operation
  readonly group?: string
  readonly transactionalId?: string
}

/** All that the user of an app needs, on what begins with its namespace; no right on the cluster. */
export const APP_RIGHTS: Readonly<Record<ResourceKind, readonly Operation[]>> = {
  'topic': ['READ', 'WRITE', 'CREATE', 'DESCRIBE_CONFIGS'],
  'group': ['READ'],
  'transactional id': ['WRITE', 'DESCRIBE'],
}

const KINDS: Readonly<Record<string, ResourceKind>> = {
  TOPIC_AUTHORIZATION_FAILED: 'topic', GROUP_AUTHORIZATION_FAILED: 'group', TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'transactional id',
  // Who may write some topic may write idempotently; brokers before 2.8 want IDEMPOTENT_WRITE on the cluster.
  CLUSTER_AUTHORIZATION_FAILED: 'topic',
}

/** `code` as the protocol names the refusal. */
export function rightText(code: string, touched: Touched): string {
  const kind = KINDS[code]
  if (kind === undefined) return `the user may not do this (${code})`
  const isOfCluster = code === 'CLUSTER_AUTHORIZATION_FAILED'
  const known = namesOf(kind, touched)
  const names = known.length === 0 ? [`<${kind}>`] : known
  const operations: readonly Operation[] = isOfCluster ? ['WRITE'] : kind === 'topic' && touched.operation !== undefined ? [touched.operation] : APP_RIGHTS[kind]
  const subject = known.length === 0 ? `a ${kind}` : `${kind} ${names.map((name) => `'${name}'`).join(' or ')}`
  const said = isOfCluster ? `the user may write no topic (${code}), among them ${subject}` : `the user may not use ${subject} (${code})`
  const note = operations.includes('CREATE') ? ' (CREATE only where statelog makes it)' : ''
  return `${said}; grant ${listed(operations)} on the ${kind}${note}: ${command('<broker>', '<user>', operations, names.map((name) => flagOf(kind, name)))}`
}

/** The commands that give an app all it needs; `namespace` as in `shop.`. */
export function appCommands(broker: string, user: string, namespace: string): readonly string[] {
  return Object.entries(APP_RIGHTS).map(([kind, operations]) => command(broker, user, operations, [`--resource-pattern-type prefixed ${flagOf(kind as ResourceKind, namespace)}`]))
}

function namesOf(kind: ResourceKind, { topics = [], group, transactionalId }: Touched): readonly string[] {
  if (kind === 'topic') return topics
  return [kind === 'group' ? group : transactionalId].filter((name) => name !== undefined)
}

function command(broker: string, user: string, operations: readonly Operation[], flags: readonly string[]): string {
  return ['kafka-acls --bootstrap-server', broker, '--add --allow-principal', `User:${user}`, ...operations.map((each) => `--operation ${each}`), ...flags].join(' ')
}

const flagOf = (kind: ResourceKind, name: string): string => `--${kind.replace(' ', '-')} '${name}'`

const listed = (words: readonly string[]): string => (words.length === 1 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`)
