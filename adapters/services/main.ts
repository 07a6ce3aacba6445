// `npm run services -- up|down|status`: Kafka, Redis and NATS on this machine, for trying and testing.
//
// Owns: a temporary folder with their data and a file that names the processes it started. It ends no others.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { end, isRunning } from './server.ts'
import { SERVICES, missing, startService, variableOf } from './services.ts'
import type { ServiceName, Started } from './services.ts'

const USAGE = `npm run services -- up|down|status [kafka] [redis] [nats] [--brokers 3] [--folder <folder>]
  up      starts them on the loopback, on their usual ports where those are free, and prints their addresses
  down    ends what \`up\` started, and removes its data
  status  says what runs; exit code 1 when something does not
  --brokers 3   three Kafka brokers, replication 3, at least 2 in sync
  --folder      where data and output stand (default: a folder of the user's in the temporary one)
A service that runs elsewhere is used through its variable: ${SERVICES.map(variableOf).join(', ')}.`

const say = (line: string): void => void process.stdout.write(`${line}\n`)

class Book {
  readonly folder: string
  readonly #file: string

  constructor(folder: string) {
    this.folder = folder
    this.#file = join(folder, 'services.json')
  }

  /** Those whose processes all live. */
  read(): readonly Started[] {
    if (!existsSync(this.#file)) return []
    return (JSON.parse(readFileSync(this.#file, 'utf8')) as Started[]).filter(({ processes }) => processes.every(isRunning))
  }

  /** Everything that was started, whether it lives or not. */
  all(): readonly Started[] {
    return existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, 'utf8')) as Started[]) : []
  }

  write(started: readonly Started[]): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    writeFileSync(this.#file, `${JSON.stringify(started, null, 2)}\n`)
  }
}

const exported = ({ service, address }: Started): string => `export ${variableOf(service)}=${address}`

async function up(book: Book, names: readonly ServiceName[], brokers: 1 | 3): Promise<number> {
  let code = 0
  for (const service of names) {
    const running = book.read()
    const known = running.find((one) => one.service === service)
    if (known !== undefined) {
      say(exported(known))
      continue
    }
    const why = missing(service)
    if (why !== undefined) {
      process.stderr.write(`${service}: not started, ${why}\n`)
      code = 1
      continue
    }
    process.stderr.write(`${service}: starting ...\n`)
    try {
      const started = await startService(service, { folder: book.folder, brokers, detached: true, usualPorts: true })
      book.write([...running, started])
      say(exported(started))
    } catch (thrown) {
      process.stderr.write(`${service}: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`)
      code = 1
    }
  }
  return code
}

async function down(book: Book, names: readonly ServiceName[]): Promise<number> {
  const all = book.all()
  const ending = all.filter(({ service }) => names.includes(service))
  await Promise.all(ending.flatMap(({ processes }) => processes.map(end)))
  for (const { service } of ending) say(`${service}: ended`)
  const left = all.filter((one) => !ending.includes(one))
  if (left.length > 0) book.write(left)
  else rmSync(book.folder, { recursive: true, force: true })
  return 0
}

function status(book: Book, names: readonly ServiceName[]): number {
  const running = book.read()
  for (const service of names) {
    const known = running.find((one) => one.service === service)
    say(known === undefined ? `${service}: does not run` : `${service}: runs at ${known.address}`)
  }
  return names.every((service) => running.some((one) => one.service === service)) ? 0 : 1
}

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { brokers: { type: 'string' }, folder: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
    const [action, ...words] = positionals
    const unknown = words.find((word) => !(SERVICES as readonly string[]).includes(word))
    const isKnown = action === 'up' || action === 'down' || action === 'status'
    if (values.help === true || !isKnown || unknown !== undefined || (values.brokers !== undefined && values.brokers !== '1' && values.brokers !== '3')) {
      say(unknown === undefined ? USAGE : `there is no service '${unknown}'\n\n${USAGE}`)
      return values.help === true ? 0 : 2
    }
    const names = words.length === 0 ? SERVICES : (words as ServiceName[])
    const book = new Book(values.folder ?? join(tmpdir(), `statelog-services-${userInfo().username}`))
    if (action === 'up') return await up(book, names, values.brokers === '3' ? 3 : 1)
    return action === 'down' ? await down(book, names) : status(book, names)
  } catch (thrown) {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n\n${USAGE}\n`)
    return 2
  }
}

process.exitCode = await main()
