// Api: questions to the server that gave out this page.
//
// Owns: the token, for as long as this tab is open.
//
// A1. A request that needs a token waits until one is given; many that need it wait for one prompt.
// A2. What goes wrong is a Problem, with words of the server where it had some.

const TOKEN = 'statelog-token'

export class Problem extends Error {
  /** @param {number} status 0: no answer @param {string} code @param {string} message @param {Record<string, unknown>} [details] */
  constructor(status, code, message, details = {}) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }

  /** The server does not have what was asked for at all: an older one, or one without this part. */
  get isNoRoute() {
    return this.status === 404 && this.code === 'route/not-found'
  }
}

/** @typedef {{ method?: string, headers?: Record<string, string>, body?: string, signal?: AbortSignal }} Asking */

export class Api {
  /** @type {Promise<string> | undefined} */
  #asking
  #askToken

  /** @param {(wasRefused: boolean) => Promise<string>} askToken */
  constructor(askToken) {
    this.#askToken = askToken
  }

  /** @param {string} path @param {AbortSignal} [signal] @returns {Promise<any>} */
  async get(path, signal) {
    const response = await this.send(path, signal === undefined ? {} : { signal })
    return response.json()
  }

  /** The answer, if it is a good one. @param {string} path @param {Asking} [asking] @returns {Promise<Response>} */
  async send(path, asking = {}) {
    for (;;) {
      const token = sessionStorage.getItem(TOKEN)
      const response = await this.#fetch(path, asking, token)
      if (response.ok) return response
      if (response.status !== 401) throw await problemOf(response)
      // Another request may have been given one meanwhile.
      if (sessionStorage.getItem(TOKEN) === token) await this.#newToken(token !== null)
    }
  }

  /** @param {string} path @param {Asking} asking @param {string | null} token */
  async #fetch(path, { method = 'GET', headers = {}, body, signal }, token) {
    try {
      return await fetch(path, {
        method, cache: 'no-store', credentials: 'omit', redirect: 'error',
        headers: { ...headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
        ...(body === undefined ? {} : { body }), ...(signal === undefined ? {} : { signal }),
      })
    } catch (thrown) {
      if (signal?.aborted === true) throw thrown
      throw new Problem(0, 'server/silent', 'the node does not answer')
    }
  }

  /** @param {boolean} wasRefused */
  async #newToken(wasRefused) {
    sessionStorage.removeItem(TOKEN)
    this.#asking ??= this.#askToken(wasRefused)
    try {
      sessionStorage.setItem(TOKEN, await this.#asking)
    } finally {
      this.#asking = undefined
    }
  }
}

/** @param {Response} response */
async function problemOf(response) {
  const text = await response.text().catch(() => '')
  try {
    const { code, message, ...details } = JSON.parse(text).error
    return new Problem(response.status, String(code), String(message), details)
  } catch {
    return new Problem(response.status, 'http', `the server answered ${response.status} without saying why`)
  }
}
