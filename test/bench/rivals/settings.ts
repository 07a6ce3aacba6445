// What a rival is started with: the variables that every process under measurement gets.

const { KAFKA_BROKERS = '127.0.0.1:9092', INPUT_TOPIC = 'payments', OUTPUT_TOPIC = 'scores', GROUP = 'w1', COMMIT_MS = '100', CLIENT_ID = 'w1', SESSION_MS = '30000' } = process.env

export const settings = { brokers: KAFKA_BROKERS.split(','), input: INPUT_TOPIC, output: OUTPUT_TOPIC, group: GROUP, commitMs: Number(COMMIT_MS), clientId: CLIENT_ID, sessionMs: Number(SESSION_MS) }

/** One id for each partition: whoever takes it over shuts out the one before, and ends what it left open. */
export const transactionalId = (partition: number): string => `${settings.group}-${partition}`

/** A loop that fails ends: started again, it goes on from what was committed. */
export function fail(thrown: unknown): never {
  process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`)
  process.exit(1)
}
