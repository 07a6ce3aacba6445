import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApiOf } from '../../../../adapters/http/openapi.ts'
import { ROUTES } from '../../../../adapters/http/routes.ts'

interface Operation {
  readonly operationId: string
  readonly security?: readonly unknown[]
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly responses: Readonly<Record<string, unknown>>
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

const document = openApiOf(ROUTES, true) as unknown as Document
const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))

test('the document has every route once, each with a name of its own', () => {
  assert.match(document.openapi, /^3\.1\./)
  assert.deepEqual(operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`).sort(), ROUTES.map(({ method, path }) => `${method} ${path}`).sort())
  assert.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length)
})

test('each name in a path is a required parameter, and no other is in the path', () => {
  for (const { path, operation } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    assert.deepEqual(operation.parameters.filter((one) => one.in === 'path' && one.required).map(({ name }) => name).sort(), named.sort(), path)
  }
})

test('every reference leads somewhere, and every operation says how it succeeds', () => {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name)
  assert.ok(refs.length > 10)
  for (const name of refs) assert.ok(Object.hasOwn(document.components.schemas, name), name)
  for (const { path, operation } of operations) assert.ok(Object.keys(operation.responses).some((status) => status.startsWith('2')), path)
})

test('every operation says what a server answers that fails, is busy or is asked too often', () => {
  for (const { path, operation } of operations) for (const status of ['400', '403', '429', '500', '503']) assert.ok(Object.hasOwn(operation.responses, status), `${path} ${status}`)
})

test('a server without a token asks for none in its document either', () => {
  const open = openApiOf(ROUTES, false)
  assert.equal(/bearer|"security|"401"/.test(JSON.stringify(open)), false)
  for (const { path, operation } of operations) assert.equal(Object.hasOwn(operation.responses, '401'), path !== '/healthz', path)
})

test('reading changes nothing: what changes an entity is POST and names itself; a scenario is set, so that twice is once', () => {
  for (const { method, path, parameters } of ROUTES) if (method !== 'GET' && path !== '/v1/scenario') assert.ok(Object.values(parameters).some(({ name, isRequired }) => name === 'Idempotency-Key' && isRequired))
  assert.deepEqual(operations.filter(({ operation }) => operation.security?.length === 0).map(({ path }) => path), ['/healthz'], 'open to all')
})
