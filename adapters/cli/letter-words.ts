// Letter words: a dead letter as people and programs read it.
import type { Letter } from '../../system/inspect/letters.ts'
import { valueObject } from '../../system/inspect/value-words.ts'
import type { Io } from './io.ts'
import { keyText, valueLines } from './record-words.ts'
import { grouped, printable, time } from './text.ts'

export function letterObject({ topic, partition, record, info }: Letter): Record<string, unknown> {
  return { dlq: { topic, partition, offset: record.offset }, ...info, key: keyText(record), value: valueObject(record.value) }
}

/** Cause, place, entity, bytes and value, under a heading of its own. */
export function letterLines({ topic, partition, record, info }: Letter, io: Io): readonly string[] {
  const label = (name: string): string => io.paint('bold', name.padEnd(9))
  const from = info.timer === undefined ? `${info.topic}, partition ${info.partition}, offset ${info.offset ?? '?'}` : `timer ${info.timer}`
  const stack = info.stack === undefined ? [] : ['', io.paint('bold', 'stack'), ...printable(info.stack).split('\n').map((text) => `  ${text.trim()}`)]
  return [
    `${io.paint('bold', `${topic} ${partition} ${record.offset}`)}: ${io.paint('red', info.class)} at stage ${info.stage}`,
    '',
    `${label('why')} ${printable(info.message)}`,
    `${label('input')} ${from}`,
    `${label('entity')} ${info.entity ?? `none; key ${keyText(record)}`}`,
    `${label('refused')} by ${info.group}, ${info.directive}, ${time(info.lastMs)}${info.attempts > 1 ? ` (${info.attempts} attempts since ${time(info.firstMs)})` : ''}`,
    `${label('bytes')} ${grouped(info.bytes)}${info.sha256 === undefined ? '' : `, the first ${grouped(record.value?.length ?? 0)} are kept; sha256 of all ${info.sha256}`}`,
    ...stack,
    '',
    ...valueLines(record.value, io),
  ]
}
