// The command line of a campaign.
import { parseArgs } from 'node:util'
import { KAFKA_CLIENTS } from '../../adapters/node/medium.ts'
import type { KafkaClient } from '../../adapters/node/medium.ts'

export const USAGE = `npm run campaign -- [--minutes 40] [--seed 1] [--runs <n>] [--brokers 1|3] [--client kafka|kafkajs] [--inputs 100000] [--folder <folder>]
  Runs of two processes (Node and Bun) on a Kafka cluster of their own, one seed after the other, under kills, zombies, broker kills and faults of Redis.
  Each run is judged from its input, read with kcat, and adds one line to <folder>/table.jsonl. Seeds that stand there are not run again.
  --minutes   no run begins later (default 40); one that is under way comes to its end
  --seed      the first seed (default 1)
  --runs      at most so many
  --brokers   3: brokers are killed too (default 1)
  --client    the package by which the processes reach the cluster (default kafka, which is @platformatic/kafka)
  --inputs    records of sources in each run (default 100000)
  --folder    where the table and the folders of runs with a violation stand (default data/campaign)
  Ctrl-C lets the run under way drain and judges it; it is run again next time unless something was found. A second one ends at once.
  Needs Java, kcat and redis-server.`

export interface CampaignOptions {
  readonly minutes: number
  readonly seed: number
  readonly runs: number
  readonly brokers: 1 | 3
  readonly client: KafkaClient
  readonly inputs: number
  readonly folder: string
}

export type Parsed = { readonly kind: 'run'; readonly options: CampaignOptions } | { readonly kind: 'help' } | { readonly kind: 'wrong'; readonly reason: string }

const CLIENTS: Readonly<Record<string, KafkaClient>> = { kafka: KAFKA_CLIENTS[0], kafkajs: KAFKA_CLIENTS[1] }

export function parseCampaign(args: readonly string[]): Parsed {
  let values: Readonly<Record<string, string | boolean | undefined>>
  try {
    const text = { type: 'string' } as const
    values = parseArgs({ args: [...args], options: { minutes: text, seed: text, runs: text, brokers: text, client: text, inputs: text, folder: text, help: { type: 'boolean' } } }).values
  } catch (thrown) {
    return { kind: 'wrong', reason: thrown instanceof Error ? thrown.message : String(thrown) }
  }
  if (values['help'] === true) return { kind: 'help' }
  const number = (name: string, otherwise: number): number => (values[name] === undefined ? otherwise : Number(values[name]))
  const [minutes, seed, runs, brokers, inputs] = [number('minutes', 40), number('seed', 1), number('runs', Infinity), number('brokers', 1), number('inputs', 100_000)]
  const client = CLIENTS[String(values['client'] ?? 'kafka')]
  if (!(minutes > 0)) return { kind: 'wrong', reason: '--minutes needs a number above 0' }
  if (!Number.isSafeInteger(seed) || seed < 0) return { kind: 'wrong', reason: '--seed needs a whole number' }
  if (runs !== Infinity && !(Number.isSafeInteger(runs) && runs > 0)) return { kind: 'wrong', reason: '--runs needs a whole number above 0' }
  if (!Number.isSafeInteger(inputs) || inputs < 1000) return { kind: 'wrong', reason: '--inputs needs a whole number, 1000 or more' }
  if (brokers !== 1 && brokers !== 3) return { kind: 'wrong', reason: '--brokers is 1 or 3' }
  if (client === undefined) return { kind: 'wrong', reason: `--client is ${Object.keys(CLIENTS).join(' or ')}` }
  return { kind: 'run', options: { minutes, seed, runs, brokers, client, inputs, folder: String(values['folder'] ?? 'data/campaign') } }
}

/** Runs one seed again, in a folder that does not know it. */
export function commandOf({ brokers, client, inputs, folder }: CampaignOptions, seed: number): string {
  const name = Object.entries(CLIENTS).find(([, one]) => one === client)?.[0] ?? client
  return `npm run campaign -- --seed ${seed} --runs 1 --brokers ${brokers} --client ${name} --inputs ${inputs} --folder ${folder}/again-${seed}`
}
