// What every model store keeps to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelStore } from '../../system/ports/models.ts'

export interface ModelsUnderTest {
  readonly models: ModelStore
  close(): Promise<void>
}

export function modelsContract(name: string, create: () => Promise<ModelsUnderTest>): void {
  test(`${name}: an artifact is loaded byte for byte by its hash, and no other`, async () => {
    const { models, close } = await create()
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
    assert.equal(await models.load('aa'), undefined)
    await models.save('aa', bytes)
    await models.save('bb', new Uint8Array([1]))
    assert.deepEqual(new Uint8Array(await models.load('aa') ?? []), bytes)
    assert.deepEqual(new Uint8Array(await models.load('bb') ?? []), new Uint8Array([1]))
    assert.equal(await models.load('a'), undefined)
    await close()
  })

  test(`${name}: saving an artifact again changes nothing`, async () => {
    const { models, close } = await create()
    await models.save('aa', new Uint8Array([1, 2]))
    await models.save('aa', new Uint8Array([1, 2]))
    assert.deepEqual(new Uint8Array(await models.load('aa') ?? []), new Uint8Array([1, 2]))
    await close()
  })

  test(`${name}: a caller who changes its buffer later changes nothing stored`, async () => {
    const { models, close } = await create()
    const bytes = new Uint8Array([1, 2])
    await models.save('aa', bytes)
    bytes[0] = 9
    const loaded = await models.load('aa')
    assert.deepEqual(new Uint8Array(loaded ?? []), new Uint8Array([1, 2]))
    await close()
  })
}
