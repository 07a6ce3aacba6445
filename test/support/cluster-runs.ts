// Runs of the command line on a Kafka cluster, each in a namespace of its own.
import { randomUUID } from 'node:crypto'
import type { KafkaClient } from '../../adapters/node/medium.ts'

/** The flags of a new place on a cluster. */
export function placeOn(kafka: string, client: KafkaClient = 'platformatic'): readonly string[] {
  return ['--kafka', kafka, '--namespace', `test-${randomUUID().slice(0, 8)}.`, '--kafka-client', client]
}
