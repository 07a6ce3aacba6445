// Live: the numbers of the running system, as they change.
//
// Owns: the one stream from the server; the newest look; the rates made from it.
//
// L1. The stream is closed while the page cannot be seen, and opened again when it can.
// L2. Whoever listens is told at most once a frame; rates have one sample a second.
// L3. A stream on which nothing comes is given up and opened again; the numbers are then said to be old.
import { events, merged } from './merge.js'
import { countsOf, Rates } from './series.js'

/** @typedef {import('../../../system/gateway/flow-document.ts').FlowDocument} Look */
/** @typedef {'connecting' | 'live' | 'reconnecting' | 'paused' | 'absent'} Connection */

const SILENT_MS_MAX = 35_000
const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 8000
const SAMPLE_MS = 1000

export class Live {
  /** @type {Connection} */
  connection = 'connecting'
  /** @type {Look | undefined} */
  look
  rates = new Rates()
  /** When it will be tried again, and when something came last, on the clock of the page. */
  retryAtMs = 0
  heardAtMs = 0
  #api
  /** @type {Set<(isSample: boolean) => void>} */
  #listeners = new Set()
  /** @type {AbortController | undefined} */
  #stream
  /** @type {number | undefined} */
  #timer
  #retryMs = RETRY_MS_MIN
  #isFrameDue = false
  #isSample = false
  #sampledAtMs = 0

  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.#api = api
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#pause() : this.retry()))
    setInterval(() => this.#tick(), SAMPLE_MS)
    if (!document.hidden) this.retry()
  }

  /** Told of every change, with true where rates have a new sample. @param {(isSample: boolean) => void} listener @returns {() => void} */
  listen(listener) {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** One more frame, for what was put off. */
  again() {
    this.#changed()
  }

  /** The numbers are not those of now. */
  get isStale() {
    return this.look !== undefined && this.connection !== 'live'
  }

  /** Now, not later. */
  retry() {
    this.#stream?.abort()
    clearTimeout(this.#timer)
    this.#become(this.look === undefined ? 'connecting' : 'reconnecting')
    const stream = (this.#stream = new AbortController())
    this.#read(stream.signal).then(() => 0, (/** @type {unknown} */ problem) => problem).then((problem) => this.#ended(stream, problem))
  }

  #pause() {
    this.#stream?.abort()
    this.#stream = undefined
    clearTimeout(this.#timer)
    this.#become('paused')
  }

  /** @param {AbortSignal} signal */
  async #read(signal) {
    const response = await this.#api.send('/v1/watch', { signal, headers: { accept: 'text/event-stream' } })
    if (response.body === null) return
    /** @type {unknown} */
    let document = {}
    let isFirst = true
    for await (const { name, data } of events(response.body, () => (this.heardAtMs = performance.now()))) {
      if (signal.aborted) return
      if (name !== 'look') continue
      document = merged(document, JSON.parse(data))
      this.look = /** @type {Look} */ (document)
      if (isFirst) {
        this.rates.rebase(countsOf(this.look))
        this.#sampledAtMs = performance.now()
      }
      isFirst = false
      this.#retryMs = RETRY_MS_MIN
      this.#become('live')
    }
  }

  /** @param {AbortController} stream @param {unknown} problem */
  #ended(stream, problem) {
    if (this.#stream !== stream || stream.signal.aborted) return
    const isAbsent = problem instanceof Error && 'isNoRoute' in problem && problem.isNoRoute === true
    const waitMs = isAbsent ? RETRY_MS_MAX * 4 : this.#retryMs
    this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2)
    this.retryAtMs = performance.now() + waitMs
    this.#timer = setTimeout(() => this.retry(), waitMs)
    this.#become(isAbsent ? 'absent' : 'reconnecting')
  }

  #tick() {
    if (this.connection === 'live' && performance.now() - this.heardAtMs > SILENT_MS_MAX) return this.retry()
    if (this.connection === 'live' && this.look !== undefined) {
      const nowMs = performance.now()
      this.rates.sample(countsOf(this.look), Math.max(0.1, (nowMs - this.#sampledAtMs) / 1000))
      this.#sampledAtMs = nowMs
      this.#isSample = true
    }
    if (!document.hidden) this.#changed()
  }

  /** @param {Connection} connection */
  #become(connection) {
    this.connection = connection
    this.#changed()
  }

  /** L2. */
  #changed() {
    if (this.#isFrameDue) return
    this.#isFrameDue = true
    requestAnimationFrame(() => {
      this.#isFrameDue = false
      const isSample = this.#isSample
      this.#isSample = false
      performance.mark('update')
      for (const listener of this.#listeners) listener(isSample)
      performance.measure('update', 'update')
      performance.clearMarks('update')
      performance.clearMeasures('update')
    })
  }
}
