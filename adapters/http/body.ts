// Body: what a caller sends, read up to a limit and no longer than it may take.
import type { IncomingMessage } from 'node:http'
import { problem } from './answer.ts'
import type { Body } from './dispatch.ts'
import type { HttpLimits } from './limits.ts'

const GONE: Body = { kind: 'problem', answer: problem(400, 'request/body', 'the body broke off') }

/** For a body that does not come while its headers have: the runtime would close the connection without an answer. */
export function readBody(message: IncomingMessage, { bodyBytesMax, requestMsMax }: Pick<HttpLimits, 'bodyBytesMax' | 'requestMsMax'>): Promise<Body> {
  const tooLarge: Body = { kind: 'problem', answer: problem(413, 'request/size', `the body is larger than ${bodyBytesMax} bytes`) }
  const tooLate: Body = { kind: 'problem', answer: problem(408, 'request/timeout', `the body did not come within ${requestMsMax} ms`) }
  const announced = Number(message.headers['content-length'] ?? 0)
  if (announced > bodyBytesMax) return Promise.resolve(tooLarge)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const settle = (body: Body): void => {
      clearTimeout(late)
      message.off('data', take)
      resolve(body)
    }
    const late = setTimeout(() => settle(tooLate), requestMsMax)
    const take = (chunk: Buffer): void => {
      length += chunk.length
      if (length > bodyBytesMax) {
        settle(tooLarge)
        // The rest is thrown away as it comes, so that the answer can be read.
        return void message.resume()
      }
      chunks.push(chunk)
    }
    message.on('data', take)
    message.once('end', () => settle({ kind: 'bytes', bytes: Buffer.concat(chunks) }))
    message.once('error', () => settle(GONE))
    message.once('close', () => settle(GONE))
  })
}
