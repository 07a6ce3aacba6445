// The stream of a broker, cut at every place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameLength, Frames } from '../../../../adapters/kafka/frames.ts'

const BYTES_MAX = 100

function framed(...bodies: readonly string[]): Buffer {
  return Buffer.concat(bodies.flatMap((body) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(body.length)
    return [length, Buffer.from(body)]
  }))
}

/** Every answer that the chunks make. */
function shown(chunks: readonly Buffer[], frames = new Frames(BYTES_MAX)): string[] {
  const answers: Buffer[] = []
  for (const chunk of chunks) frames.take(chunk, (answer) => answers.push(answer))
  return answers.map(String)
}

const BODIES = ['first', 'the second', 'last']

test('several answers in one chunk are shown in order', () => {
  assert.deepEqual(shown([framed(...BODIES)]), BODIES)
})

test('a stream that is cut at any byte, or at any two, makes the same answers', () => {
  const bytes = framed(...BODIES)
  for (let first = 0; first <= bytes.length; first += 1) {
    for (let second = first; second <= bytes.length; second += 1) {
      assert.deepEqual(shown([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]), BODIES, `cut at ${first} and ${second}`)
    }
  }
})

test('a stream that comes byte by byte makes the same answers', () => {
  assert.deepEqual(shown([...framed(...BODIES)].map((byte) => Buffer.from([byte]))), BODIES)
})

test('F1: an answer that came whole is not copied', () => {
  const chunk = framed('first', 'second')
  const answers: Buffer[] = []
  new Frames(BYTES_MAX).take(chunk, (answer) => answers.push(answer))
  assert.deepEqual(answers.map(({ buffer }) => buffer === chunk.buffer), [true, true])
})

test('whether an answer has begun is known, from its first byte to its last', () => {
  const bytes = framed('body')
  for (let end = 0; end <= bytes.length; end += 1) {
    const frames = new Frames(BYTES_MAX)
    shown([bytes.subarray(0, end)], frames)
    assert.equal(frames.isWithin, end > 0 && end < bytes.length, `after ${end} bytes`)
  }
})

test('the largest and the smallest answer are shown', () => {
  const bodies = ['x'.repeat(BYTES_MAX), 'four']
  assert.deepEqual(shown([framed(...bodies)]), bodies)
})

for (const bytes of [BYTES_MAX + 1, 0x7fff_ffff, 3, 0, -1, -0x8000_0000]) {
  test(`F2: a length of ${bytes} ends the stream, behind the answers before it, wherever it is cut`, () => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes)
    const stream = Buffer.concat([framed('good'), length])
    for (let cut = 0; cut < stream.length; cut += 1) {
      const answers: string[] = []
      const frames = new Frames(BYTES_MAX)
      assert.throws(() => {
        for (const chunk of [stream.subarray(0, cut), stream.subarray(cut)]) frames.take(chunk, (answer) => answers.push(String(answer)))
      }, FrameLength)
      assert.deepEqual(answers, ['good'])
    }
  })
}
