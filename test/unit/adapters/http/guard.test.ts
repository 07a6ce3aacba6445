import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Guard } from '../../../../adapters/http/guard.ts'

const TOKEN = 'a-token-of-some-length'
const open = new Guard({ names: ['127.0.0.1', 'Door.Example'], token: undefined })
const of = (headers: Readonly<Record<string, string>>) => (name: string): string | undefined => headers[name]
const codeFor = (headers: Readonly<Record<string, string>>, localAddress = '10.1.2.3'): string | undefined => {
  const { body } = open.stranger(of(headers), localAddress) ?? {}
  return (body as { readonly error: { readonly code: string } } | undefined)?.error.code
}

test('K1: only a Host that names this server is answered', () => {
  for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1:80', '10.1.2.3:9', 'door.example', 'door.EXAMPLE:443']) assert.equal(codeFor({ host }), undefined, host)
  assert.equal(codeFor({ host: '[::1]:8080' }, '::1'), undefined)
  assert.equal(codeFor({ host: '10.9.9.9' }, '::ffff:10.9.9.9'), undefined, 'an IPv4 caller of a socket of both kinds')
  for (const host of ['evil.example', '10.1.2.4', 'localhost.evil.example', 'evil.example:localhost', 'localhost@evil.example', '127.0.0.1.evil.example', '', ' ', '[::1', 'localhost, evil.example', '2130706433']) assert.equal(codeFor({ host }), 'host/unknown', host)
  assert.equal(codeFor({}), 'host/unknown', 'none at all')
})

test('K2: a page of another origin is refused', () => {
  const host = 'localhost:8080'
  for (const headers of [{}, { origin: 'http://localhost:8080' }, { origin: 'https://LOCALHOST:8080' }, { 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }]) assert.equal(codeFor({ host, ...headers }), undefined, JSON.stringify(headers))
  for (const headers of [
    { origin: 'http://evil.example' }, { origin: 'null' }, { origin: '' }, { origin: 'http://localhost:8081' }, { origin: 'http://localhost' }, { origin: 'http://localhost:8080.evil.example' }, { origin: 'file://localhost:8080' },
    { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'http://localhost:8080', 'sec-fetch-site': 'cross-site' },
  ]) assert.equal(codeFor({ host, ...headers }), 'origin/refused', JSON.stringify(headers))
})

test('K3: the token and no other opens; without one configured nobody is asked', () => {
  const guard = new Guard({ names: [], token: TOKEN })
  for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `Bearer  ${TOKEN} `]) assert.equal(guard.hasToken(of({ authorization })), true, authorization)
  for (const authorization of ['', 'Bearer', 'Bearer ', TOKEN, `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN.toUpperCase()}`, `Bearer ${TOKEN}, Bearer x`, `Bearer x Bearer ${TOKEN}`]) assert.equal(guard.hasToken(of({ authorization })), false, authorization)
  assert.equal(guard.hasToken(of({})), false)
  assert.equal(open.hasToken(of({})), true)
})
