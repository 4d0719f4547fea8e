import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { investigate } from '../../src/pipeline/investigate.ts'
import { quietProgress } from '../../src/pipeline/progress.ts'
import type { CompareAnswer, EgressAnswer, EpisodesAnswer, SourceList } from '../../src/server/api.ts'
import { hasChromium, openBrowser, openPage } from './browser.ts'
import { openRoom, type Room, recordedCase, temporaryFolder } from './room.ts'

describe.skipIf(!hasChromium)('episodes and what they reached', () => {
  const { folder, remove } = temporaryFolder()
  let room: Room
  let browser: Browser
  let source: string
  let earlier: string

  beforeAll(async () => {
    room = await openRoom(folder, [await recordedCase(folder), await earlierCase(folder)])
    browser = await openBrowser()
    const { sources } = (await room.ask<SourceList>('/sources')).value
    source = sources.find(({ title }) => title === 'case')!.id
    earlier = sources.find(({ title }) => title === 'earlier')!.id
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await room?.close()
    remove()
    expect(room.errors).toEqual([])
  })

  const asked = async <T>(path: string) => (await room.ask<T>(`/sources/${source}${path}`)).value
  const opened = async (address: string, url = room.url) => {
    const { page, errors } = await openPage(browser)
    await page.goto(url)
    await page.goto(`${room.origin}/s/${source}/${address}`)
    return { page, errors }
  }

  it('sorts episodes, shows the calls of one, and leads from these to a call', async () => {
    const { rows } = await asked<EpisodesAnswer>('/episodes?sort=findings&direction=desc&limit=2')
    const worst = rows[0]!
    const { page, errors } = await opened('episodes')
    await page.getByRole('button', { name: 'Findings' }).click()
    const first = page.locator('tbody tr[aria-rowindex="2"]')
    await first.getByText(worst.episode!).click()
    const drawer = page.getByRole('complementary')
    await drawer.getByText(worst.calls === 1 ? '1 call' : `${worst.calls} calls`, { exact: true }).waitFor()
    await drawer.locator('tbody a').first().click()
    await page.getByRole('heading', { name: 'Tool call' }).waitFor()
    await page.goBack()
    await drawer.waitFor()
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('limits episodes to the span of time and to training steps', async () => {
    const { has } = await asked<EpisodesAnswer>('/episodes?limit=1')
    const span = `from=${has.firstTime}&to=${has.firstTime!.replace(/\.\d+Z$/, '.999999Z')}`
    const within = await asked<EpisodesAnswer>(`/episodes?${span}`)
    expect(within.total).toBeGreaterThan(0)
    expect(within.total).toBeLessThan(has.episodes)
    const { page } = await opened(`episodes?${span}`)
    await page.getByText(`${within.total} of ${has.episodes}`, { exact: true }).waitFor()
    const ofStep = await asked<EpisodesAnswer>(`/episodes?stepTo=${has.stepMin}`)
    await page.goto(`${room.origin}/s/${source}/episodes`)
    await page.getByLabel('Last step').fill(String(has.stepMin))
    await page.getByText(`${ofStep.total} of ${has.episodes}`, { exact: true }).waitFor()
    await page.context().close()
  })

  it('compares two chosen episodes, and one with its sibling', async () => {
    const { rows } = await asked<EpisodesAnswer>('/episodes?sort=findings&direction=desc&limit=2')
    const [left, right] = [rows[0]!, rows[1]!]
    const { page, errors } = await opened('episodes?sort=-findings')
    await page.getByLabel(`Compare ${left.episode}`).check()
    await page.getByLabel(`Compare ${right.episode}`).check()
    await page.getByRole('link', { name: 'compare them' }).click()
    const answer = await asked<CompareAnswer>(`/compare?left=${left.uid}&right=${right.uid}`)
    for (const [title, list] of [
      ['Destinations', answer.destinations],
      ['Commands', answer.commands],
    ] as const) {
      const panel = page.getByRole('region', { name: title, exact: true })
      await panel.getByText(`${list.onlyLeft} only left`).waitFor()
      const shown = panel.locator('table').first().locator('tbody tr')
      expect(await shown.count()).toBe(list.onlyLeft + list.onlyRight)
      expect(await shown.first().innerText()).toContain(list.items[0]!.what)
    }
    await page.goto(`${room.origin}/s/${source}/compare?left=${left.uid}`)
    const sibling = (await asked<CompareAnswer>(`/compare?left=${left.uid}`)).right!
    await page.getByRole('link', { name: sibling.episode! }).waitFor()
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('tells what is new since another source', async () => {
    const { statuses } = await asked<EgressAnswer>(`/egress?baseline=${earlier}`)
    const gone = await asked<EgressAnswer>(`/egress?baseline=${earlier}&status=gone`)
    expect(gone.rows.map(({ destination }) => destination)).toEqual(['198.51.100.240'])
    const { page, errors } = await opened('egress')
    await page.getByLabel('New since').selectOption(earlier)
    await page.getByRole('button', { name: `new ${statuses?.new}` }).click()
    await page.getByText(`${statuses?.new} fit`, { exact: true }).waitFor()
    await page.getByRole('button', { name: 'gone 1' }).click()
    await page.getByText('1 fit', { exact: true }).waitFor()
    expect(await page.locator('tbody tr').innerText()).toContain('198.51.100.240')
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('makes a row a rule: the difference first, then the file', async () => {
    const { page, errors } = await opened('egress?disposition=blocked')
    const row = page.locator('tbody tr[aria-rowindex="2"]')
    await row.getByRole('button', { name: 'Make it a rule' }).click()
    const drawer = page.getByRole('complementary')
    const endpoint = await drawer.getByRole('heading', { level: 2 }).innerText()
    await drawer.getByLabel('allow it').check()
    const diff = drawer.getByLabel('What would change in the file')
    await diff.getByText(`- ${endpoint}`).waitFor()
    const file = join(room.stateFolder, 'policies', 'policy.yaml')
    expect(() => readFileSync(file)).toThrow()
    await drawer.getByRole('button', { name: 'Save the rule' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.innerText()).toContain('denied by this policy now and allowed afterwards')
    await dialog.getByRole('button', { name: 'Make the file' }).click()
    await drawer.getByText('Saved').waitFor()
    expect(readFileSync(file, 'utf8')).toBe(`version: 1\nallow:\n  - ${endpoint}\n`)
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('offers no rule to who may only look', async () => {
    const { page } = await opened('egress', room.readerUrl)
    await page.locator('tbody tr[aria-rowindex="2"] td').first().click()
    await page.getByRole('complementary').getByText('You may look here, not act').waitFor()
    expect(await page.getByRole('button', { name: /rule/ }).count()).toBe(0)
    await page.context().close()
  })
})

/** A case with one connection that the recorded incident has not got. */
async function earlierCase(parent: string): Promise<string> {
  const logs = join(parent, 'earlier-logs')
  mkdirSync(logs)
  const flow = {
    timestamp: '2026-11-23T08:00:00.000000+0000',
    flow_id: 1,
    event_type: 'alert',
    src_ip: '10.0.0.5',
    src_port: 40_000,
    dest_ip: '198.51.100.240',
    dest_port: 4444,
    proto: 'TCP',
    alert: { action: 'allowed', signature_id: 1, signature: 'Odd port', category: 'Misc', severity: 3 },
  }
  writeFileSync(join(logs, 'eve.json'), `${JSON.stringify(flow)}\n`)
  const out = join(parent, 'earlier')
  await investigate({ paths: [logs], out, zones: [], controls: [], progress: quietProgress })
  return out
}
