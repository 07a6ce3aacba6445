// `statelog top`: a running system, watched over HTTP: partitions, states and rates, as they change.
import type { FlowDocument } from '../../../system/gateway/flow-document.ts'
import { OperationError } from '../../../system/protocol/failures.ts'
import { patched } from '../../../system/protocol/merge-patch.ts'
import { stopSignals } from '../../node/stop-signals.ts'
import type { FlagValues } from '../arguments.ts'
import { JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { eventsOf } from '../event-source.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import { FlowMeter } from '../flow-meter.ts'
import { write } from '../io.ts'
import type { Io } from '../io.ts'
import { Screen } from '../progress-lines.ts'
import { topLine, topTable } from '../top-lines.ts'
import type { TopView } from '../top-lines.ts'

const URL_DEFAULT = 'http://127.0.0.1:8080'
const EVERY_MS = 1000
/** Before a server that has gone is asked again. */
const AGAIN_MS = 1000

export const topCommand: Command = {
  name: 'top',
  summary: 'watch a running system: partitions, states, rates',
  usage: ['top [--url <url>] [--token <token>] [--types <types>] [--once] [--every <seconds>] [--json]'],
  about: [
    'Asks a system that answers over HTTP (statelog run <system> --http 8080), in this process or on another machine. On a terminal the table is drawn again in place until',
    'Ctrl-C; elsewhere there is a line each interval. Counts and rates begin when somebody begins to watch. A server that goes is asked again until it is back.',
  ],
  flags: {
    url: { value: 'url', help: `where the system answers (default ${URL_DEFAULT})` },
    token: { value: 'token', help: 'the token it was started with; better in STATELOG_HTTP_TOKEN, where other users of the machine do not see it' },
    types: { value: 'types', help: 'these actor types only, separated by commas' },
    once: { help: 'print one table and end' },
    every: { value: 'seconds', help: 'between two tables or lines (default 1)' },
    ...JSON_FLAG,
  },
  wordsMax: 0,
  examples: ['top', 'top --url http://127.0.0.1:8080 --once', 'top --types card --every 5 >> top.log'],
  run: ({ flags }, io) => new Top(flags, io).run(),
}

class Top {
  readonly #url: URL
  readonly #token: string | undefined
  readonly #isOnce: boolean
  readonly #isJson: boolean
  readonly #everyMs: number
  readonly #io: Io
  readonly #screen: Screen | undefined
  readonly #meter = new FlowMeter()
  #document: FlowDocument | undefined
  #trouble = ''

  constructor(flags: FlagValues, io: Io) {
    this.#url = watchUrl(flags)
    this.#token = flags.text('token') ?? process.env['STATELOG_HTTP_TOKEN']
    this.#isOnce = flags.has('once')
    this.#isJson = flags.has('json')
    this.#everyMs = (flags.number('every', { min: 0.2, max: 3600, whole: false }) ?? EVERY_MS / 1000) * 1000
    this.#io = io
    this.#screen = io.isTty && !this.#isOnce && !this.#isJson ? new Screen(io, (text) => write(1, text)) : undefined
  }

  async run(): Promise<number> {
    const signals = stopSignals(() => {})
    const ended = new AbortController()
    const stop = AbortSignal.any([signals.stop, ended.signal])
    const drawing = this.#isOnce ? undefined : setInterval(() => this.#show(), this.#everyMs)
    try {
      for (let isFirst = true; !stop.aborted; isFirst = false) await this.#follow(stop, ended, isFirst)
      return EXIT.ok
    } finally {
      clearInterval(drawing)
      // Over what the terminal wrote of Ctrl-C.
      if (this.#screen !== undefined) this.#show()
      signals.dispose()
    }
  }

  /** Until the server goes. One that was never there is an error. */
  async #follow(stop: AbortSignal, ended: AbortController, isFirst: boolean): Promise<void> {
    try {
      let document: unknown
      for await (const patch of eventsOf(this.#url, { token: this.#token, signal: stop })) {
        document = patched(document, patch)
        this.#take(document as FlowDocument, ended)
      }
      this.#trouble = `${this.#url.origin} has ended; asking again`
    } catch (thrown) {
      if (stop.aborted) return
      if (!(thrown instanceof OperationError) || (isFirst && this.#document === undefined)) throw thrown
      this.#trouble = thrown.message
    }
    if (stop.aborted) return
    if (this.#isOnce) throw new OperationError('http/ended', `${this.#url.origin} ended before it told anything`)
    this.#meter.forget()
    await paused(AGAIN_MS, stop)
  }

  #take(document: FlowDocument, ended: AbortController): void {
    const isNew = this.#document === undefined
    this.#document = document
    this.#trouble = ''
    this.#meter.mark(performance.now(), document)
    if (!isNew) return
    if (!this.#isOnce) return this.#show()
    // Rates need a second look.
    setTimeout(() => {
      this.#show()
      ended.abort()
    }, this.#everyMs)
  }

  #show(): void {
    const document = this.#document
    if (document === undefined) return
    // What has not changed since holds at this moment too.
    if (this.#trouble === '') this.#meter.mark(performance.now(), document)
    const view: TopView = { document, meter: this.#meter, trouble: this.#trouble }
    if (this.#isJson) return this.#io.out(JSON.stringify(document))
    if (this.#screen !== undefined) return this.#screen.draw(topTable(view, this.#io.paint, this.#io.rows() - 1))
    if (this.#isOnce) for (const text of topTable(view, this.#io.paint)) this.#io.out(text)
    else this.#io.out(topLine(view))
  }
}

/** Throws UsageError. */
function watchUrl(flags: FlagValues): URL {
  const text = flags.text('url') ?? URL_DEFAULT
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) throw new UsageError(`--url is '${text}', expected an address such as ${URL_DEFAULT}`)
  const watch = new URL('/v1/watch', url)
  const types = flags.text('types')
  if (types !== undefined) watch.searchParams.set('types', types)
  return watch
}

function paused(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(done, ms)
    function done(): void {
      clearTimeout(late)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
