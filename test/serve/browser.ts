// The page of the watch room in a real Chromium, with everything it complains about written down.

import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../ui/testing/browser.ts'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const hasChromium = findChromium() !== undefined

export interface Opened {
  readonly page: Page
  /** Errors that the page threw or logged, and what its policy refused. */
  readonly errors: string[]
  /** Every address it asked for. */
  readonly requests: string[]
}

export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('there is no Chromium on this machine')
  return await chromium.launch({ executablePath, args: flags })
}

export async function openPage(
  browser: Browser,
  { dark = false, width = 1440, height = 900 }: { dark?: boolean; width?: number; height?: number } = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
  })
  const page = await context.newPage()
  const errors: string[] = []
  const requests: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => requests.push(request.url()))
  return { page, errors, requests }
}

/**
 * Keeps what the page looks like, where VIGILES_SCREENSHOTS names a folder: the pictures in the documentation are these.
 * `npm run build && VIGILES_SCREENSHOTS=docs/images npx vitest run test/serve/page.test.ts`
 */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.VIGILES_SCREENSHOTS
  if (folder === undefined) return
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
