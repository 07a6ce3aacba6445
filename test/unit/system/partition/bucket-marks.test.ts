import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BucketMarks } from '../../../../system/partition/bucket-marks.ts'

test('marks: valid are acknowledged up to sent, of our life and bucket; absent counts as zero', () => {
  const marks = new BucketMarks(2)
  marks.expect('life', [5, 0], [])
  const head = (mark: number, bucket = 0, life = 'life'): { readonly life: string; readonly mark: number } => ({ life: `${life}/${bucket}`, mark })
  assert.deepEqual([4, 5, 6].map((mark) => marks.isValid(0, head(mark))), [false, true, false])
  assert.equal(marks.send(0, 8), 5)
  assert.equal(marks.isSettled(0), false)
  assert.deepEqual([4, 5, 8, 9].map((mark) => marks.isValid(0, head(mark))), [false, true, true, false])
  marks.acknowledge(0, 8)
  assert.deepEqual([5, 8].map((mark) => marks.isValid(0, head(mark))), [false, true])
  assert.deepEqual([marks.isValid(0, head(8, 1)), marks.isValid(0, head(8, 0, 'other')), marks.isValid(0, { life: undefined, mark: 0 })], [false, false, false])
  assert.equal(marks.isValid(1, { life: undefined, mark: 0 }), true)
  marks.lose(0)
  assert.deepEqual([marks.isValid(0, head(8)), marks.send(0, 9), marks.isSettled(0)], [false, undefined, true])
  assert.deepEqual([marks.rebuilt(0, 8), marks.isLost(0)], [false, true])
  assert.equal(marks.rebuilt(0, 9), true)
  assert.equal(marks.isValid(0, head(9)), true)
})
