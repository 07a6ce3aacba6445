// Page heap measured: pages that stay open while everything they show changes five times a second, and what they hold in their browser after its garbage is collected.
//
// Owns: a node that is played, a browser, and a page of each kind, all in sight.
import { playedNode } from '../../support/ui/played.ts'
import { launch } from '../../support/ui/browser.ts'

export interface HeapPlan {
  readonly minutes: number
  readonly say: (line: string) => void
}

const STATES = 60
/** Rates are kept for a minute, and a browser compiles what runs often for some more: until then a page rightly grows. */
const WARMUP_MS = 240_000
const LOOK_MS = 60_000
const COLLECTIONS = 5
const PAGES = [['type', '#/types/order', '.statechart .flow'], ['system', '#/', '.health']] as const

interface Held {
  readonly bytes: number
  readonly nodes: number
  readonly listeners: number
}

export async function measurePageHeap({ minutes, say }: HeapPlan): Promise<void> {
  const endings: (() => unknown)[] = []
  const ends = { after: (end: () => unknown) => endings.unshift(end), diagnostic: say } as never
  try {
    const { url } = await playedNode(ends, STATES)
    const browser = await launch()
    endings.unshift(() => browser.close())
    const pages = await Promise.all(PAGES.map(async ([name, path, isThere]) => {
      const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
      // A stream that breaks off is opened again by the page; it is told here, as what it did is part of what is held.
      let streams = 0
      page.on('request', (request) => request.url().endsWith('/v1/watch') && (streams += 1))
      page.on('requestfailed', (request) => request.url().endsWith('/v1/watch') && say(`the stream of the ${name} page broke off: ${request.failure()?.errorText ?? 'no reason'}`))
      page.on('requestfinished', (request) => request.url().endsWith('/v1/watch') && say(`the stream of the ${name} page came to its end`))
      await page.goto(`${url}/ui/${path}`)
      await page.locator(isThere).first().waitFor()
      const session = await page.context().newCDPSession(page)
      // The least of some: a look may fall into the midst of an update, and what one collection lets go of is collected by the next.
      const look = async (): Promise<Held> => {
        await page.locator('.connection[data-connection="live"]').waitFor({ timeout: LOOK_MS })
        const sizes: number[] = []
        for (let time = 0; time < COLLECTIONS; time += 1) {
          await session.send('HeapProfiler.collectGarbage')
          sizes.push((await session.send('Runtime.getHeapUsage')).usedSize)
        }
        const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters')
        return { bytes: Math.min(...sizes), nodes, listeners: jsEventListeners }
      }
      return { name, look, streams: () => streams }
    }))
    say(`${PAGES.length} pages, ${STATES} states, ${minutes} minutes after ${WARMUP_MS / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, WARMUP_MS))
    // Whoever waits for something in a page puts code there, which stays: the first that counts is a second look, like those after it.
    for (const { look } of pages) await look()
    const first: Held[] = []
    for (const { look } of pages) first.push(await look())
    const endMs = performance.now() + minutes * 60_000
    for (let minute = 0; ; minute += 1) {
      for (const [at, { name, look, streams }] of pages.entries()) {
        const [before, now] = [first[at] as Held, await look()]
        say(`${String(minute).padStart(3)} min, ${name}: ${kib(now.bytes)} (${percent(now.bytes / before.bytes - 1)} beside the first), ${now.nodes} nodes, ${now.listeners} listeners, stream ${streams()}`)
      }
      const leftMs = endMs - performance.now()
      if (leftMs <= 0) return
      await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, leftMs)))
    }
  } finally {
    for (const end of endings) await end()
  }
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`
const percent = (share: number): string => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)} %`
