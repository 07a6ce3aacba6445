// A browser for tests: the Chromium that is installed, driven over its own protocol; tests that need one say so where there is none.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** Undefined: none is installed. */
const CHROMIUM = NAMES.flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name))).find((path) => existsSync(path))

/** A test that needs a browser. */
export function browserTest(name: string, options: { readonly timeout: number }, run: (t: TestContext) => Promise<void>): void {
  const without = { skip: 'no Chromium is installed (Debian: apt-get install chromium)' }
  if (CHROMIUM === undefined) test(name, without, () => {})
  else test(name, options, run)
}

export async function launch(): Promise<Browser> {
  const { chromium } = await import('playwright-core')
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
}

export interface Look {
  readonly width?: number
  readonly isDark?: boolean
  readonly needsAxe?: boolean
}

/** A page of its own, and everything that went wrong on it: errors, and what its security policy stopped. */
export async function openPage(browser: Browser, url: string, { width = 1280, isDark = false, needsAxe = false }: Look = {}): Promise<{ readonly page: Page; readonly wrong: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width, height: width < 500 ? 844 : 900 }, colorScheme: isDark ? 'dark' : 'light', reducedMotion: 'reduce', bypassCSP: needsAxe })
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('console', (message) => {
    // A missing answer is said by the page itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) wrong.push(message.text())
  })
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(url)
  return { page, wrong }
}

/** Numbers of a list of names and values, as shown. */
export async function figures(page: Page): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(await page.locator('.figures > div').evaluateAll((items) => items.map((item) => [item.querySelector('dt')?.textContent ?? '', item.querySelector('dd')?.textContent ?? ''] as const)))
}
