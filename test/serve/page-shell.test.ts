// What is around the views, in a real Chromium: keys, span of time, zone, theme, files, and what is said of what fails.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventsAnswer, SourceList } from '../../src/server/api.ts'
import { hasChromium, openBrowser, openPage } from './browser.ts'
import { openRoom, type Room, recordedCase, temporaryFolder } from './room.ts'

describe.skipIf(!hasChromium)('the frame of the page', () => {
  const { folder, remove } = temporaryFolder()
  let room: Room
  let browser: Browser
  let source: string

  beforeAll(async () => {
    const cut = join(folder, 'cut-off')
    mkdirSync(cut)
    writeFileSync(join(cut, 'summary.json'), '{"_schema":"vigiles/summary/v1","inputs":[')
    room = await openRoom(folder, [await recordedCase(folder), cut])
    browser = await openBrowser()
    const { sources } = (await room.ask<SourceList>('/sources')).value
    source = sources.find(({ title }) => title === 'case')!.id
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await room?.close()
    remove()
    expect(room.errors).toEqual([])
  })

  /** A page that has the cookie, at a place of its own. */
  async function openAt(place: string, options: Parameters<typeof openPage>[1] = {}) {
    const opened = await openPage(browser, options)
    await opened.page.goto(room.url)
    await opened.page.goto(`${room.origin}${place}`)
    await opened.page.locator('h1').first().waitFor()
    return { ...opened, end: () => opened.page.context().close() }
  }

  const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1 }).waitFor()

  it('goes from view to view by keys, tells them all, and leaves them to who types', async () => {
    const { page, errors, end } = await openAt(`/s/${source}/incidents`)
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await heading(page, 'Alarms')
    await page.keyboard.press('/')
    await page.keyboard.type('g o?')
    expect(await page.locator('main [data-filter]').inputValue()).toBe('g o?')
    expect(new URL(page.url()).searchParams.get('q')).toBe('g o?')
    await page.locator('h1').click()
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('Egress').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.goBack()
    await heading(page, 'Incidents')
    expect(errors).toEqual([])
    await end()
  })

  it('reaches the view behind the navigation with the first key, and opens a row without a mouse', async () => {
    const { page, errors, end } = await openAt(`/s/${source}/alarms`)
    await page.locator('tbody tr').nth(3).waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the view')
    await page.locator('tbody tr[tabindex="0"]').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    expect(await page.evaluate('document.activeElement.getAttribute("aria-rowindex")')).toBe('4')
    await page.keyboard.press('End')
    await page.locator('tr:focus .moment').waitFor()
    const rows = Number(await page.locator('main table').getAttribute('aria-rowcount'))
    expect(await page.evaluate('document.activeElement.getAttribute("aria-rowindex")')).toBe(String(rows))
    expect(await page.locator('main tbody tr').count()).toBeLessThan(80)
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await heading(page, 'Why this alarm?')
    expect(errors).toEqual([])
    await end()
  })

  it('limits every view to a span of time that stands in the address, and shows all again', async () => {
    const { page, errors, end } = await openAt(`/s/${source}/alarms`)
    const rows = async () => Number(await page.locator('main table').getAttribute('aria-rowcount')) - 1
    await page.locator('tbody tr').nth(3).waitFor()
    const all = await rows()
    const { events, middle } = await firstHalf()
    await page.getByRole('button', { name: /^Span of time/ }).click()
    await page.getByLabel(/^From/).fill('2000-01-01T00:00:00')
    await page.getByLabel('Until').fill(middle)
    await page.getByRole('button', { name: 'Show only this' }).click()
    await page.locator(`main table[aria-rowcount="${events + 1}"]`).waitFor()
    expect(events).toBeGreaterThan(0)
    expect(events).toBeLessThan(all)
    expect(new URL(page.url()).searchParams.get('to')).toBe(`${middle}.000000Z`)
    await page.getByRole('link', { name: 'Episodes' }).click()
    await heading(page, 'Episodes')
    expect(new URL(page.url()).searchParams.get('to')).toBe(`${middle}.000000Z`)
    await page.getByRole('button', { name: 'Show all times again' }).click()
    expect(new URL(page.url()).search).toBe('')
    expect(errors).toEqual([])
    await end()
  })

  /** A whole second in the midst of the case, and how many events lie before it. */
  async function firstHalf() {
    const { value } = await room.ask<EventsAnswer>(`/sources/${source}/events?limit=1&offset=500`)
    const middle = value.rows[0]!.time!.slice(0, 19)
    const before = await room.ask<EventsAnswer>(`/sources/${source}/events?limit=1&to=${middle}Z`)
    return { middle, events: before.value.total }
  }

  it('shows times in any zone, and keeps zone and theme for the next time', async () => {
    const { page, errors, end } = await openAt('/sources')
    const time = page.locator('tbody time').first()
    const utc = await time.textContent()
    await page.getByLabel('Time zone').selectOption('Asia/Tokyo')
    await page.locator('tbody time').filter({ hasText: '+09:00' }).first().waitFor()
    const iso = (await time.getAttribute('datetime'))!
    const there = new Date(Date.parse(iso) + 540 * 60_000).toISOString().slice(0, 19).replace('T', ' ')
    expect(await time.textContent()).toBe(`${there} +09:00`)
    expect(utc).toBe(`${iso.slice(0, 19).replace('T', ' ')} UTC`)
    await page.getByRole('button', { name: /^Signals and display/ }).click()
    await page.getByLabel('dark').check()
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const dark = await background()
    await page.reload()
    await page.locator('tbody time').filter({ hasText: '+09:00' }).first().waitFor()
    expect(await background()).toBe(dark)
    await page.getByRole('button', { name: /^Signals and display/ }).click()
    await page.getByLabel('light').check()
    expect(await background()).not.toBe(dark)
    expect(errors).toEqual([])
    await end()
  })

  it('hands out what a table shows as a file', async () => {
    const { page, errors, end } = await openAt(`/s/${source}/alarms?disposition=blocked`)
    await page.locator('tbody tr').nth(3).waitFor()
    const shown = Number(await page.locator('main table').getAttribute('aria-rowcount')) - 1
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ])
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    expect(lines[0]).toContain('disposition')
    expect(lines).toHaveLength(shown + 1)
    expect(lines.slice(1).every((line) => line.includes('blocked'))).toBe(true)
    expect(errors).toEqual([])
    await end()
  })

  it('answers SQL, and says why it does not', async () => {
    const { page, end } = await openAt(`/s/${source}/query`)
    const statement = page.locator('main textarea')
    await statement.fill('select count(*) as n from events where 1 = 0')
    await page.keyboard.press('Control+Enter')
    await page.locator('tbody td').filter({ hasText: /^0$/ }).waitFor()
    await statement.fill(`select * from read_text('/etc/passwd')`)
    await page.keyboard.press('Control+Enter')
    await page.getByRole('alert').filter({ hasText: 'read_text' }).waitFor()
    expect(await page.textContent('body')).not.toContain('root:')
    await end()
  })

  it('says of a case that is cut off what is wrong and what to do', async () => {
    const { page, errors, end } = await openAt('/sources')
    await page.getByText('unusable').first().waitFor()
    await page.getByText('this case is not whole').first().waitFor()
    expect(await page.getByRole('link', { name: 'cut-off' }).count()).toBe(0)
    await page.goto(`${room.origin}/s/nothing-of-that-name/incidents`)
    await page.getByText('There is no such case or run any more').waitFor()
    await page.goto(`${room.origin}/nowhere`)
    await page.getByText('This address leads nowhere').waitFor()
    expect(errors.filter((text) => !text.includes('404'))).toEqual([])
    await end()
  })

  it('fits a phone', async () => {
    const { page, errors, end } = await openAt('/', { width: 400, height: 800 })
    for (const view of ['incidents', 'alarms', 'episodes', 'egress', 'query', 'coverage']) {
      await page.goto(`${room.origin}/s/${source}/${view}`)
      await page.locator('h1').first().waitFor()
      await page.waitForLoadState('networkidle')
      expect(await page.evaluate('document.documentElement.scrollWidth'), view).toBeLessThanOrEqual(400)
    }
    expect(errors).toEqual([])
    await end()
  })
})
