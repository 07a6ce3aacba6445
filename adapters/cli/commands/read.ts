// `statelog read`: the newest records of a topic: outputs, sources, dead letters.
import { utf8Decode } from '../../../system/protocol/utf8.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'
import { hexText, readableText } from '../../../system/inspect/value-words.ts'
import type { Log } from '../../../system/ports/log.ts'
import type { Arguments } from '../arguments.ts'
import { FOLDER_FLAG, JSON_FLAG } from '../command.ts'
import type { Command } from '../command.ts'
import { shown, withFolder } from '../data-folder.ts'
import { jsonText } from '../entity-words.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { didYouMean } from '../suggestion.ts'
import { cut, grouped, printable, table, time } from '../text.ts'

export const readCommand: Command = {
  name: 'read',
  summary: 'show the newest records of a topic: outputs, sources, dead letters',
  usage: ['read <topic> [--limit <number>] [--folder <folder>] [--json]'],
  about: ['Shows committed records only, oldest first. Values in JSON are shown as they are; of others the size, and with --json the bytes in hex.'],
  flags: { limit: { value: 'number', help: 'the newest so many (default 20)' }, ...FOLDER_FLAG, ...JSON_FLAG },
  wordsMax: 1,
  examples: ['read alerts', 'read decisions --limit 1000 --json'],
  run: read,
}

interface Placed {
  readonly partition: number
  readonly record: LogRecord
}

async function read({ words, flags }: Arguments, io: Io): Promise<number> {
  const [topic] = words
  if (topic === undefined) throw new UsageError('read which topic? statelog read <topic>')
  const limit = flags.number('limit', { min: 1, max: 1_000_000 }) ?? 20
  return withFolder(flags.text('folder'), async ({ folder, log }) => {
    const { records, total } = await newest(log, topic, limit)
    if (flags.has('json')) for (const one of records) io.out(jsonText(objectOf(topic, one)))
    else if (total === 0) io.out(`topic '${topic}' is empty in ${shown(folder)}`)
    else for (const text of lines(topic, records, total, io)) io.out(text)
    return EXIT.ok
  })
}

/** In the order of their timestamps; within a partition that is the order of offsets. */
async function newest(log: Log, topic: string, limit: number): Promise<{ readonly records: readonly Placed[]; readonly total: number }> {
  const topics = await log.topics()
  const spec = topics.find(({ name }) => name === topic)
  if (spec === undefined) throw new UsageError(`there is no topic '${topic}'${didYouMean(topic, topics.map(({ name }) => name))}\nTopics: ${topics.map(({ name }) => name).join(', ')}.`)
  const records: Placed[] = []
  let total = 0
  for (let partition = 0; partition < spec.partitions; partition += 1) {
    const end = await log.offsetsAt(topic, partition, 'latest')
    const start = await log.offsetsAt(topic, partition, 'earliest')
    total += end - start
    for (let at = Math.max(start, end - limit); at < end;) {
      const range = await log.read(topic, partition, at, end, { recordsMax: 2000, bytesMax: 8 << 20 })
      records.push(...range.records.map((record) => ({ partition, record })))
      if (range.to <= at) break
      at = range.to
    }
  }
  records.sort((a, b) => a.record.timestampMs - b.record.timestampMs || a.partition - b.partition || a.record.offset - b.record.offset)
  return { records: records.slice(-limit), total }
}

function lines(topic: string, records: readonly Placed[], total: number, io: Io): readonly string[] {
  const rows = records.map(({ partition, record }) => [time(record.timestampMs), String(partition), String(record.offset), keyText(record), valueText(record)])
  const left = total > records.length ? `, the newest ${grouped(records.length)} of them (--limit shows more)` : ''
  return [
    `${io.paint('bold', topic)}: ${grouped(total)} ${total === 1 ? 'record' : 'records'}${left}`,
    '',
    ...table([['TIME', 'PARTITION', 'OFFSET', 'KEY', 'VALUE'], ...rows]).map((text, at) => (at === 0 ? io.paint('dim', text) : io.isTty ? cut(text, Math.max(80, io.columns() - 1)) : text)),
  ]
}

function keyText({ key }: LogRecord): string {
  if (key === null) return '-'
  const text = utf8Decode(key)
  return text === undefined ? jsonText(key) : printable(text)
}

function valueText({ value }: LogRecord): string {
  if (value === null) return '-'
  const text = readableText(value)
  return text === undefined ? `${grouped(value.length)} bytes` : printable(text.replaceAll(/\s*\n\s*/g, ' '))
}

function objectOf(topic: string, { partition, record }: Placed): Record<string, unknown> {
  const { offset, timestampMs, value } = record
  return { topic, partition, offset, timestampMs, key: record.key === null ? null : keyText(record), ...(value === null ? { value: null } : valueObject(value)) }
}

function valueObject(value: Uint8Array): Record<string, unknown> {
  const text = readableText(value)
  if (text === undefined) return { hex: hexText(value) }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return { text }
  }
}
