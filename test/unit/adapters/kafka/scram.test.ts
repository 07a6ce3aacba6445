// The exchange of RFC 7677, section 3, and brokers that are not to be trusted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertScramEnd, scramFirst, scramOpening, scramProof } from '../../../../adapters/kafka/scram.ts'

const NONCE = 'rOprNGfwEbeRWgbNEkqO'
const FIRST = scramFirst('user', NONCE)
const CHALLENGE = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'
const END = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

const proven = (challenge: string): ReturnType<typeof scramProof> => scramProof('SCRAM-SHA-256', FIRST, NONCE, challenge, 'pencil')

test('the messages are those of the RFC', async () => {
  assert.equal(scramOpening(FIRST), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  const proof = await proven(CHALLENGE)
  assert.equal(proof.message, 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=')
  assertScramEnd(END, proof)
})

test('a name with the signs of the exchange is written around them', () => {
  assert.equal(scramFirst('a,b=c,d=', 'n'), 'n=a=2Cb=3Dc=2Cd=3D,r=n')
})

for (const [what, challenge] of [
  ['answers another question', CHALLENGE.replace('rOprNG', 'rOprNX')],
  ['adds nothing of its own to the nonce', `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
  ['gives no salt', CHALLENGE.replace(/s=[^,]*/, 's=')],
  ['asks for few rounds', CHALLENGE.replace('4096', '4095')],
  ['asks for endless rounds', CHALLENGE.replace('4096', '2147483647')],
  ['asks for no rounds', CHALLENGE.replace(',i=4096', '')],
  ['says nothing', ''],
] as const) {
  test(`a broker that ${what} gets no proof`, async () => {
    await assert.rejects(proven(challenge), { name: 'Unanswered', kind: 'AUTHENTICATION' })
  })
}

for (const [what, end] of [
  ['does not know the password', END.replace('6rri', '7rri')],
  ['cuts its signature', END.slice(0, 20)],
  ['says nothing', ''],
  ['refuses', 'e=invalid-proof'],
] as const) {
  test(`a broker that ${what} at the end is not trusted`, async () => {
    const proof = await proven(CHALLENGE)
    assert.throws(() => assertScramEnd(end, proof), { name: 'Unanswered', kind: 'AUTHENTICATION' })
  })
}
