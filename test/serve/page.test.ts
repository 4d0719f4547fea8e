import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { investigate } from '../../src/pipeline/investigate.ts'
import { quietProgress } from '../../src/pipeline/progress.ts'
import type { IncidentList, SourceList } from '../../src/server/api.ts'
import { hasChromium, openBrowser, openPage, picture } from './browser.ts'
import { openRoom, type Room, recordedCase, temporaryFolder } from './room.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const hostile = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\u202e\u001b[2J'

describe.skipIf(!hasChromium)('the page of the watch room', () => {
  const { folder, remove } = temporaryFolder()
  let room: Room
  let browser: Browser
  let source: string
  let hostileSource: string
  let incident: string

  beforeAll(async () => {
    const paths = [await recordedCase(folder), await hostileCase(folder)]
    room = await openRoom(folder, paths)
    browser = await openBrowser()
    const { sources } = (await room.ask<SourceList>('/sources')).value
    source = sources.find(({ title }) => title === 'case')!.id
    hostileSource = sources.find(({ title }) => title === 'hostile')!.id
    const list = await room.ask<IncidentList>(`/sources/${source}/incidents`)
    incident = list.value.incidents[0]!.uid
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await room?.close()
    remove()
    expect(room.errors).toEqual([])
  })

  it('opens by its URL, forgets the token in the address, and asks nobody else for anything', async () => {
    const { page, errors, requests } = await openPage(browser)
    await page.goto(room.url)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.getByText('Needs somebody').waitFor()
    expect(page.url()).toBe(`${room.origin}/`)
    expect(requests.filter((address) => !address.startsWith(room.origin))).toEqual([])
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('shows nothing without the token', async () => {
    const { page } = await openPage(browser)
    const response = await page.goto(room.origin)
    expect(response?.status()).toBe(401)
    expect(await page.textContent('body')).toContain('Open the URL that `vigiles serve` printed')
    await page.context().close()
  })

  it('leads from an alarm to the tool call that caused it in three clicks', async () => {
    const { page, errors } = await openPage(browser)
    await page.goto(room.url)
    await page
      .locator('.rows a')
      .filter({ hasText: /tunnel/i })
      .first()
      .click()
    await page.getByRole('heading', { name: 'What happened' }).waitFor()
    await picture(page, 'serve-incident')
    await page.locator('.story-event a').first().click()
    await page.getByRole('heading', { name: 'Why this alarm?' }).waitFor()
    await page.getByRole('link', { name: 'this call' }).waitFor()
    await picture(page, 'serve-why')
    await page.getByRole('link', { name: 'this call' }).click()
    await page.getByRole('heading', { name: 'Tool call' }).waitFor()
    await page.getByText('What it caused').waitFor()
    expect(await page.locator('pre.command').textContent()).toMatch(/ssh|base64/)
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('draws the whole case on the timeline, with both clocks where one was skewed', async () => {
    const { page, errors } = await openPage(browser)
    await page.goto(room.url)
    await page.goto(`${room.origin}/s/${source}/timeline`)
    await page.locator('.timeline canvas').waitFor()
    await page.getByLabel('Second axis').waitFor()
    await page.waitForLoadState('networkidle')
    await picture(page, 'serve-timeline')
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('keeps a comment, and shows it to whoever comes next', async () => {
    const { page, errors } = await openPage(browser)
    await page.goto(room.url)
    await page.goto(`${room.origin}/s/${source}/incidents/${incident}`)
    await page.getByLabel('Your name').fill('mira')
    await page.getByLabel('Comment').fill('Keys rotated. <b>Not bold</b>')
    await page.getByRole('button', { name: 'Add the comment' }).click()
    await page.locator('.comments').getByText('Keys rotated. <b>Not bold</b>').waitFor()
    const other = await openPage(browser)
    await other.page.goto(room.readerUrl)
    await other.page.goto(`${room.origin}/s/${source}/incidents/${incident}`)
    await other.page.locator('.comments').getByText('Keys rotated. <b>Not bold</b>').waitFor()
    expect(await other.page.getByLabel('Comment').isDisabled()).toBe(true)
    expect([...errors, ...other.errors]).toEqual([])
    await other.page.context().close()
    await page.context().close()
  })

  it('has one live connection, however many tabs are open', async () => {
    const { page, errors } = await openPage(browser)
    const context = page.context()
    let feeds = 0
    context.on('request', (request) => {
      if (request.url().endsWith('/stream')) feeds++
    })
    await page.goto(room.url)
    await page.getByText('live feed').waitFor()
    for (let i = 0; i < 7; i++) {
      const tab = await context.newPage()
      await tab.goto(`${room.origin}/sources`)
      await tab.getByText('live feed').waitFor()
    }
    expect(feeds).toBe(1)
    await page.close()
    // The tab that had it is gone: another takes over.
    await expect.poll(() => feeds, { timeout: 15_000 }).toBe(2)
    expect(errors).toEqual([])
    await context.close()
  })

  it('runs nothing that a log says', async () => {
    const { page, errors } = await openPage(browser)
    await page.goto(room.url)
    for (const view of ['incidents', 'alarms', 'timeline', 'episodes', 'egress', 'coverage', 'query']) {
      await page.goto(`${room.origin}/s/${hostileSource}/${view}`)
      await page.locator('h1').first().waitFor()
      await page.waitForLoadState('networkidle')
    }
    await page.goto(`${room.origin}/s/${hostileSource}/alarms`)
    await page.locator('tbody a').first().click()
    await page.getByRole('heading', { name: 'Why this alarm?' }).waitFor()
    await page.getByText('onerror').first().waitFor()
    expect(await page.evaluate('window.hit')).toBeUndefined()
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.textContent('body')).toContain('\\u{202e}')
    expect(errors).toEqual([])
    await page.context().close()
  })

  it.each([false, true])(
    'breaks no rule of accessibility that matters (dark: %s)',
    async (dark) => {
      const { page } = await openPage(browser, { dark })
      await page.goto(room.url)
      const places = [
        '/',
        '/sources',
        `/s/${source}/incidents`,
        `/s/${source}/incidents/${incident}`,
        ...['alarms', 'timeline', 'episodes', 'egress', 'query', 'coverage'].map(
          (view) => `/s/${source}/${view}`,
        ),
      ]
      const broken: string[] = []
      for (const place of places) {
        await page.goto(`${room.origin}${place}`)
        await page.locator('h1').first().waitFor()
        await page.waitForLoadState('networkidle')
        await page.evaluate(axe)
        const found = await page.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
          `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
        )
        for (const { id, impact, nodes } of found) {
          if (impact === 'serious' || impact === 'critical')
            broken.push(`${place}: ${id} ${nodes[0]?.html.slice(0, 200)}`)
        }
      }
      expect(broken).toEqual([])
      await page.context().close()
    },
    120_000,
  )

  it('loads less than 300 kB of compressed script before something is seen', async () => {
    const { page } = await openPage(browser)
    const scripts: Promise<Buffer>[] = []
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.push(response.body())
    })
    await page.goto(room.url)
    await page.getByText('Needs somebody').waitFor()
    const bytes = (await Promise.all(scripts)).reduce((sum, script) => sum + gzipSync(script).length, 0)
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(300_000)
    await page.context().close()
  })
})

/** A case whose log and trace try to be more than text wherever they can. */
async function hostileCase(parent: string): Promise<string> {
  const logs = join(parent, 'hostile-logs')
  mkdirSync(logs)
  const event = (second: number) => ({
    timestamp: `2026-11-24T08:00:${String(second).padStart(2, '0')}.000000+0000`,
    flow_id: second + 1,
    event_type: 'alert',
    src_ip: '10.0.0.5',
    src_port: 40_000 + second,
    dest_ip: '203.0.113.9',
    dest_port: 4444,
    proto: 'TCP',
    alert: { action: 'allowed', signature_id: 1, signature: hostile, category: hostile, severity: 1 },
  })
  writeFileSync(
    join(logs, 'eve.json'),
    `${Array.from({ length: 30 }, (_, i) => JSON.stringify(event(i))).join('\n')}\n`,
  )
  const out = join(parent, 'hostile')
  await investigate({ paths: [logs], out, zones: [], controls: [], progress: quietProgress })
  return out
}
