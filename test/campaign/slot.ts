// Slot: one of the two processes of a run. It lives for a while, stands still or dies, comes back, and so on until the faults are over.
//
// Owns: when its process dies and where. The same seed plans the same; what a plan meets depends on the machine.
import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom } from '../../adapters/memory/random.ts'
import type { ChildTask } from '../support/chaos/child.ts'
import type { Death } from '../support/chaos/deaths.ts'
import { isDrainPoint, visitsOf } from '../support/chaos/points.ts'
import { shuffled } from '../support/chaos/redis-faults.ts'
import type { Tally } from '../support/chaos/tally.ts'
import { Worker } from '../support/chaos/worker.ts'
import type { WorkerOptions } from '../support/chaos/worker.ts'
import type { Diary } from './diary.ts'
import type { Room } from './room.ts'

export interface SlotOptions {
  readonly name: string
  readonly runtime: string
  readonly seed: number
  readonly diary: Diary
  readonly room: Room
  readonly tally: Tally
  /** All but the deaths and the size of a batch. */
  readonly task: Omit<ChildTask, 'deaths' | 'batchRecordsMax'>
  readonly worker: WorkerOptions
}

const LIFE_MS = [2000, 5000] as const
/** For a death that was told to come. */
const ARMED_MS = 8000
const AWAY_MS = [100, 3000] as const
const SOON_MS = 50
const STILL_MS = [2000, 8000] as const
const STILL_LONG_MS = 40_000
const AFTER_STILL_MS = [300, 1500] as const
const LOOK_MS = 50
const DRAIN_MS_MAX = 5000
const LONG_STILLS = 0.08
/** Of the deaths, those at a named point. */
const NAMED = 0.8
/** Deaths at once after the start, and deaths in the middle of the work. */
const EARLY = 0.5
const LATER_VISITS = 10
const BATCH_RECORDS = [20, 400] as const

type Act = 'kill' | 'zombie'
const ROUND: readonly Act[] = ['kill', 'kill', 'kill', 'zombie']

export class Slot {
  readonly #options: SlotOptions
  readonly #random: SeededRandom
  #worker: Worker | undefined
  #round: Act[] = []
  /** A place that an armed death has. */
  #isArmed = false
  #isEnded = false

  constructor(options: SlotOptions) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
  }

  get #drainsToDie(): boolean {
    return this.#worker?.task.deaths.some(({ point }) => isDrainPoint(point)) === true
  }

  assertWell(): void {
    this.#worker?.assertWell()
  }

  /** Until `over`: then it runs and nothing will befall it. */
  async run(over: AbortSignal): Promise<void> {
    await this.#start(over)
    while (!over.aborted) {
      await this.#untilDead(this.#isArmed && !this.#drainsToDie ? ARMED_MS : this.#between(LIFE_MS), over)
      if (this.#round.length === 0) this.#round = shuffled(ROUND, this.#random)
      if (over.aborted) break
      if (this.#worker?.isOver !== true && this.#round.pop() === 'zombie') await this.#stand(over)
      else await this.#die(over)
    }
    if (this.#isArmed) await this.#die(over)
  }

  /** It drains. */
  async finish(): Promise<void> {
    await this.#worker?.end('SIGTERM')
    this.#worker?.assertFinished()
  }

  /** Nothing starts any more. */
  async kill(): Promise<void> {
    this.#isEnded = true
    await this.#worker?.end('SIGKILL')
  }

  async #start(over: AbortSignal): Promise<void> {
    const { runtime, task, room, worker, diary, name } = this.#options
    const deaths = !over.aborted && this.#random.next() < NAMED ? [this.#death()] : []
    // Where there is no room yet it is spared until there is.
    this.#isArmed = deaths.length > 0 && (await room.take())
    if (this.#isEnded) return
    this.#worker = new Worker(runtime, { ...task, batchRecordsMax: this.#between(BATCH_RECORDS), deaths, isSpared: !this.#isArmed }, worker)
    diary.note(`${name} starts${deaths.map(({ point, nth }) => `, to die at ${point} the ${nth}. time${this.#isArmed ? '' : ', but not yet'}`).join('')}`)
  }

  #death(): Death {
    const { tally } = this.#options
    const point = tally.rarest('process', true, this.#random, false)
    const visits = isDrainPoint(point) ? 1 : Math.max(1, Math.floor((visitsOf(point) * (this.#random.next() < EARLY ? 1 : LATER_VISITS)) / (tally.misses('process', point) + 1)))
    return { victim: 'process', point, nth: this.#random.between(1, visits), afterMs: 0 }
  }

  /** It has died where it was told to, or the time is over. */
  async #untilDead(ms: number, over: AbortSignal): Promise<void> {
    const untilMs = performance.now() + ms
    while (performance.now() < untilMs && this.#worker?.isOver !== true && !over.aborted) {
      this.assertWell()
      await sleep(LOOK_MS)
    }
    this.assertWell()
  }

  async #die(over: AbortSignal): Promise<void> {
    const { room, diary, tally, name } = this.#options
    const worker = this.#worker
    if (worker === undefined) return
    const [armed] = worker.task.deaths
    if (!this.#isArmed) {
      if (!(await room.takeWhenFree(over))) return
      this.#isArmed = true
      if (armed !== undefined) worker.doom()
      if (armed !== undefined && !this.#drainsToDie) await this.#untilDead(ARMED_MS, over)
    }
    if (this.#drainsToDie && !over.aborted) await Promise.race([worker.end('SIGTERM'), sleep(DRAIN_MS_MAX)])
    await worker.end('SIGKILL')
    const died = worker.died
    if (died !== undefined) tally.died(died)
    else if (armed !== undefined) tally.missed(armed)
    this.#isArmed = false
    if (worker.wasKilled) {
      const point = died?.point ?? 'random'
      diary.count(diary.kills, point)
      diary.note(`${name} died: ${point}`)
      void diary.recovery('kill').then(() => room.give())
    } else {
      worker.assertFinished()
      diary.note(`${name} drained and did not come by the point of its death`)
      room.give()
    }
    await sleep(this.#random.next() < 0.5 ? SOON_MS : this.#between(AWAY_MS))
    await this.#start(over)
  }

  async #stand(over: AbortSignal): Promise<void> {
    const { room, diary, name } = this.#options
    if (!(await room.takeWhenFree(over))) return
    const worker = this.#worker
    if (worker === undefined || worker.isOver) return room.give()
    const ms = this.#random.next() < LONG_STILLS ? STILL_LONG_MS : this.#between(STILL_MS)
    worker.pause()
    diary.note(`${name} stands still for ${ms} ms`)
    void diary.recovery('zombie').then(() => room.give())
    const stillMs = performance.now()
    await sleep(ms, undefined, { signal: over }).catch(() => {})
    worker.goOn()
    diary.count(diary.zombies, String(Math.round((performance.now() - stillMs) / 1000)))
    diary.note(`${name} goes on`)
    await this.#untilDead(this.#between(AFTER_STILL_MS), over)
  }

  #between([min, max]: readonly [number, number]): number {
    return this.#random.between(min, max)
  }
}
