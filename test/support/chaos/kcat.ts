// Kcat: reads topics of a cluster with librdkafka, read_committed. What the checker judges then came through none of this repository's own code.
//
// Its JSON carries keys, values and headers byte by byte, with control characters escaped, and tells null from empty: read as Latin-1 it is loss-free.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { KafkaMedium } from '../../../adapters/node/medium.ts'
import type { Header, LogRecord } from '../../../system/protocol/record.ts'
import type { TopicReader } from './dump.ts'

export class KcatFailed extends TypeError {
  override readonly name = 'KcatFailed'
}

interface Line {
  readonly partition: number
  readonly offset: number
  readonly ts: number
  /** Names and values by turns. */
  readonly headers?: readonly (string | null)[]
  readonly key: string | null
  readonly payload: string | null
}

/** Why topics cannot be read this way here, with the cure; undefined: they can. */
export function kcatMissing(): string | undefined {
  return spawnSync('kcat', ['-V']).status === 0 ? undefined : 'kcat is not installed (Debian: apt-get install kcat)'
}

/** Undefined where kcat is not installed. */
export function kcatReader(medium: KafkaMedium): TopicReader | undefined {
  return kcatMissing() === undefined ? (topic, partitions) => readTopic(medium, topic, partitions) : undefined
}

async function readTopic({ brokers, namespace }: KafkaMedium, topic: string, partitions: number): Promise<readonly (readonly LogRecord[])[]> {
  const read = Array.from({ length: partitions }, (): LogRecord[] => [])
  const args = ['-C', '-b', brokers, '-t', `${namespace}${topic}`, '-o', 'beginning', '-e', '-q', '-J', '-X', 'isolation.level=read_committed', '-X', 'check.crcs=true']
  const child = spawn('kcat', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'close') as Promise<[number | null]>
  let errors = ''
  child.stderr.on('data', (bytes: Uint8Array) => (errors += String(bytes)))
  child.stdout.setEncoding('latin1')
  let rest = ''
  for await (const text of child.stdout as AsyncIterable<string>) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const { partition, record } = recordOf(line)
      read[partition]?.push(record)
    }
  }
  const [code] = await exited
  if (code !== 0 || rest !== '') throw new KcatFailed(`kcat ended with ${code} while it read '${namespace}${topic}': ${errors.trim()}`)
  return read
}

/** One line of `kcat -J`, as Latin-1. */
export function recordOf(line: string): { readonly partition: number; readonly record: LogRecord } {
  const { partition, offset, ts, key, payload, headers = [] } = JSON.parse(line) as Line
  return { partition, record: { offset, key: bytesOf(key), value: bytesOf(payload), headers: headersOf(headers), timestampMs: ts } }
}

function headersOf(flat: readonly (string | null)[]): readonly Header[] {
  return Array.from({ length: flat.length / 2 }, (_, index): Header => [textOf(flat[2 * index] ?? ''), bytesOf(flat[2 * index + 1] ?? '') ?? new Uint8Array(0)])
}

const textOf = (latin: string): string => Buffer.from(latin, 'latin1').toString()

function bytesOf(latin: string | null): Uint8Array | null {
  return latin === null ? null : new Uint8Array(Buffer.from(latin, 'latin1'))
}
