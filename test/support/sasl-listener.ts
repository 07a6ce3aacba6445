// The broker's side of an authentication, as answers to single requests. Source: the Kafka protocol guide and RFC 5802, section 3.
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { Writer } from '../../adapters/kafka/writer.ts'
import { answerTo } from './kafka-listener.ts'
import type { Asked } from './kafka-listener.ts'

export const SASL_KEYS = { handshake: 17, authenticate: 36 } as const

const NO_TAGS = Buffer.from([0])
const UNSUPPORTED_SASL_MECHANISM = 33
const SASL_AUTHENTICATION_FAILED = 58
const HASHES = { 'SCRAM-SHA-256': ['sha256', 32], 'SCRAM-SHA-512': ['sha512', 64] } as const

export interface SaslUser {
  readonly mechanism: 'PLAIN' | keyof typeof HASHES
  readonly username: string
  readonly password: string
  /** How long an authentication counts, ms; 0: no end. */
  readonly lifetimeMs?: number
}

/** Answers of one connection's authentication, in order. */
export function saslAnswers({ mechanism, username, password, lifetimeMs = 0 }: SaslUser): (asked: Asked) => Buffer {
  let exchange: readonly [string, string] | undefined
  const answered = (correlation: number, code: number, reason: string | null, text: string): Buffer =>
    answerTo(correlation, Buffer.concat([NO_TAGS, Writer.create().appendInt16(code).appendString(reason).appendBytes(Buffer.from(text)).appendInt64(BigInt(lifetimeMs)).appendTaggedFields().buffer]))
  const scram = (text: string, [hash, bytes]: (typeof HASHES)[keyof typeof HASHES]): string | undefined => {
    if (exchange === undefined) {
      const first = text.slice(3)
      const challenge = `r=${first.split(',r=')[1]}more,s=${Buffer.from('salt').toString('base64')},i=4096`
      exchange = [first, challenge]
      return challenge
    }
    const [first, challenge] = exchange
    exchange = undefined
    const [withoutProof = '', proof = ''] = text.split(',p=')
    const salted = pbkdf2Sync(password, 'salt', 4096, bytes, hash)
    const hmac = (key: Buffer, data: string): Buffer => createHmac(hash, key).update(data).digest()
    const messages = `${first},${challenge},${withoutProof}`
    const signature = hmac(createHash(hash).update(hmac(salted, 'Client Key')).digest(), messages)
    const isRight = first.startsWith(`n=${username},`) && Buffer.from(proof, 'base64').every((byte, index) => (byte ^ (signature[index] as number)) === hmac(salted, 'Client Key')[index])
    return isRight ? `v=${hmac(hmac(salted, 'Server Key'), messages).toString('base64')}` : undefined
  }
  return ({ key, correlation, rest }) => {
    if (key === SASL_KEYS.handshake) {
      const isTaken = rest.toString('utf8', 2) === mechanism
      return answerTo(correlation, Writer.create().appendInt16(isTaken ? 0 : UNSUPPORTED_SASL_MECHANISM).appendItems([mechanism], (writer, each) => writer.appendString(each, false), false).buffer)
    }
    // Behind the tags of the head and a length of one byte, or two.
    const text = rest.toString('utf8', (rest[1] as number) < 0x80 ? 2 : 3, rest.length - 1)
    const said = mechanism !== 'PLAIN' ? scram(text, HASHES[mechanism]) : text === `\0${username}\0${password}` ? '' : undefined
    return said === undefined ? answered(correlation, SASL_AUTHENTICATION_FAILED, `invalid credentials with SASL mechanism ${mechanism}`, '') : answered(correlation, 0, null, said)
  }
}
