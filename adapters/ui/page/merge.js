// Merge: JSON merge patches (RFC 7396), and the events of a stream that carries them.

/**
 * The patched document. What did not change is shared with the one before; nothing is written to it.
 * @param {unknown} target @param {unknown} patch @returns {unknown}
 */
export function merged(target, patch) {
  if (!isObject(patch)) return patch
  /** @type {Record<string, unknown>} */
  const result = Object.assign(Object.create(null), isObject(target) ? target : {})
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Server-sent events; `onBytes` hears of everything that comes, comments too.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream @param {() => void} onBytes
 * @returns {AsyncGenerator<{ name: string, data: string }>}
 */
export async function* events(stream, onBytes) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let name = 'message'
  /** @type {string[]} */
  let data = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onBytes()
      const lines = `${rest}${value}`.split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { name, data: data.join('\n') }
          name = 'message'
          data = []
        } else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
        else if (line.startsWith('event:')) name = line.slice(6).trim()
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}
