// How a missing right is said. That brokers ask for just these is tried in `test/services/kafka-rights.test.ts`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appCommands, rightText } from '../../../../adapters/kafka-rights/rights.ts'

const GIVE = 'kafka-acls --bootstrap-server <broker> --add --allow-principal User:<user>'

test('the kind is what the broker refused, whatever else the request was about', () => {
  const touched = { topics: ['a.x', 'a.y'], group: 'a.g', transactionalId: 'a.g/0' } as const
  assert.equal(rightText('GROUP_AUTHORIZATION_FAILED', touched), `the user may not use group 'a.g' (GROUP_AUTHORIZATION_FAILED); grant READ on the group: ${GIVE} --operation READ --group 'a.g'`)
  assert.equal(
    rightText('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', touched),
    `the user may not use transactional id 'a.g/0' (TRANSACTIONAL_ID_AUTHORIZATION_FAILED); grant WRITE and DESCRIBE on the transactional id: ${GIVE} --operation WRITE --operation DESCRIBE --transactional-id 'a.g/0'`,
  )
  assert.equal(
    rightText('TOPIC_AUTHORIZATION_FAILED', { ...touched, operation: 'READ' }),
    `the user may not use topic 'a.x' or 'a.y' (TOPIC_AUTHORIZATION_FAILED); grant READ on the topic: ${GIVE} --operation READ --topic 'a.x' --topic 'a.y'`,
  )
})

test('who may write no topic is sent for a topic, not for a right on the cluster', () => {
  assert.equal(
    rightText('CLUSTER_AUTHORIZATION_FAILED', { topics: ['a.x'] }),
    `the user may write no topic (CLUSTER_AUTHORIZATION_FAILED), among them topic 'a.x'; grant WRITE on the topic: ${GIVE} --operation WRITE --topic 'a.x'`,
  )
})

test('where nobody knows on what, and what is no right of an app', () => {
  assert.equal(
    rightText('TOPIC_AUTHORIZATION_FAILED', {}),
    `the user may not use a topic (TOPIC_AUTHORIZATION_FAILED); grant READ, WRITE, CREATE and DESCRIBE_CONFIGS on the topic (CREATE only where statelog makes it): ${GIVE} --operation READ --operation WRITE --operation CREATE --operation DESCRIBE_CONFIGS --topic '<topic>'`,
  )
  assert.equal(rightText('DELEGATION_TOKEN_AUTHORIZATION_FAILED', {}), 'the user may not do this (DELEGATION_TOKEN_AUTHORIZATION_FAILED)')
})

test('an app needs three commands, on what begins with its namespace', () => {
  assert.deepEqual(appCommands('b:1', 'u', 'a.').map((command) => command.replace(/^.* --resource-pattern-type /, '')), ["prefixed --topic 'a.'", "prefixed --group 'a.'", "prefixed --transactional-id 'a.'"])
})
