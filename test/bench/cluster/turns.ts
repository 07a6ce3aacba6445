// Turns: W1 drained by several programs on the same broker from the same topic, one after the other and then the other way round, so that what a machine
// does meanwhile falls on all of them.
import { median } from '../results.ts'
import type { RivalRow } from '../results.ts'
import { rounded } from '../w1/measure.ts'
import { measureDrain } from './drain.ts'
import type { DrainFigures } from './drain.ts'
import type { Program } from './program.ts'

export interface Subject {
  readonly what: RivalRow['what']
  readonly version: string
  readonly program: Program
  readonly env: Readonly<Record<string, string>>
  /** Where it takes too long for all of them. */
  readonly eventsMax?: number
}

export interface TurnsPlan {
  readonly subjects: readonly Subject[]
  readonly brokers: string
  readonly events: number
  readonly rounds: number
  say(line: string): void
}

/** A row for each, in their order. */
export async function measureTurns({ subjects, brokers, events, rounds, say }: TurnsPlan): Promise<readonly RivalRow[]> {
  const eventsOf = ({ eventsMax = Infinity }: Subject): number => Math.min(events, eventsMax)
  const runs = new Map<Subject, DrainFigures[]>(subjects.map((subject) => [subject, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      const own = eventsOf(subject)
      runs.get(subject)?.push(await measureDrain({ program: subject.program, brokers, workload: { events: own, accounts: 100_000, visits: 'random' }, source: `w1-${own}`, env: subject.env }))
    }
  }
  const date = new Date().toISOString().slice(0, 10)
  return [...runs].map(([subject, own]) => {
    const { what, version } = subject
    const of = (read: (run: DrainFigures) => number): number => median(own.map(read))
    const row = { what, version, date, events: eventsOf(subject), rounds, rate: Math.round(of(({ rate }) => rate)), cpuUs: rounded(of(({ cpuUs }) => cpuUs)), firstMs: Math.round(of(({ firstMs }) => firstMs)) }
    say(`${what} (${version}): ${row.rate} events/s, ${row.cpuUs} us of processor an event, first output after ${row.firstMs} ms`)
    return row
  })
}
