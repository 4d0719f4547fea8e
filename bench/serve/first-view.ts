// npm run bench -- serve-page: how soon a person sees something, and what had to be loaded for it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openBrowser, openPage } from '../../test/serve/browser.ts'
import { openRoom, recordedCase } from '../../test/serve/room.ts'

const rounds = 15
const folder = mkdtempSync(join(tmpdir(), 'vigiles-first-view-'))
const room = await openRoom(folder, [await recordedCase(folder)])
const browser = await openBrowser()

interface Shown {
  readonly painted: number
  readonly whole: number
}

async function once(url: string, until: string): Promise<Shown & { scripts: number; all: number }> {
  const { page } = await openPage(browser)
  const bodies: Promise<{ script: boolean; bytes: number }>[] = []
  page.on('response', (response) => {
    if (response.url().endsWith('/stream')) return // It never ends.
    const script = response.url().endsWith('.js')
    bodies.push(
      response.body().then(
        (body) => ({ script, bytes: gzipSync(body).length }),
        () => ({ script, bytes: 0 }),
      ),
    )
  })
  const began = performance.now()
  await page.goto(url)
  await page.getByText(until).first().waitFor()
  const whole = performance.now() - began
  const painted = await page.evaluate<number>(
    `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`,
  )
  const loaded = await Promise.all(bodies)
  await page.context().close()
  const sum = (only: boolean) =>
    loaded.reduce((total, { script, bytes }) => total + (script || !only ? bytes : 0), 0)
  return { painted, whole, scripts: sum(true), all: sum(false) }
}

const p = (values: number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!

try {
  await once(room.url, 'Needs somebody')
  const shown = []
  for (let i = 0; i < rounds; i++) shown.push(await once(room.url, 'Needs somebody'))
  const line = (values: number[]) =>
    `p50 ${p(values, 0.5).toFixed(0)} ms, p99 ${p(values, 0.99).toFixed(0)} ms`
  console.log(`| the overview, from an empty browser (n ${rounds}) | |`)
  console.log('|---|---|')
  console.log(`| something is painted | ${line(shown.map(({ painted }) => painted))} |`)
  console.log(`| everything stands there | ${line(shown.map(({ whole }) => whole))} |`)
  console.log(`| compressed script | ${(shown[0]!.scripts / 1000).toFixed(0)} kB |`)
  console.log(`| everything that is loaded, compressed | ${(shown[0]!.all / 1000).toFixed(0)} kB |`)
} finally {
  await browser.close()
  await room.close()
  rmSync(folder, { recursive: true, force: true })
}
