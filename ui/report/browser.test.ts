// The finished report in a real browser. Skipped, with the reason, on machines that have no Chromium.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderReport } from '../../src/exporters/html-report.ts'
import { buildReportTemplate } from '../../tools/build-report.ts'
import { findChromium, Page } from '../testing/browser.ts'
import { type SampleOptions, sampleReport } from '../testing/sample-report.ts'

const chromium = findChromium()
const title =
  chromium === undefined
    ? 'the report in a browser (no Chromium here: set VIGILES_CHROMIUM)'
    : 'the report in a browser'
const hostile = '</script><img src=x onerror="window.pwned=1">\u2028\u202Egnp.exe<svg onload=pwned=2>'

describe.skipIf(chromium === undefined)(title, { timeout: 120_000 }, () => {
  let folder = ''
  let template = ''
  let page: Page

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vigiles-report-'))
    template = await buildReportTemplate()
    page = await Page.open(chromium!, { width: 1400, height: 900 })
  }, 120_000)

  afterAll(async () => {
    await page?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  async function open(options: SampleOptions): Promise<string> {
    const report = renderReport(sampleReport(options), template)
    const file = join(folder, `${JSON.stringify(options).length}-${report.length}.html`)
    await writeFile(file, report)
    page.errors.length = 0
    page.requests.length = 0
    await page.goto(pathToFileURL(file).href)
    return report
  }

  /** Distinct colours on the timeline: a blank one has a single colour. */
  const colours = `(() => {
    const canvas = document.querySelector('.timeline canvas')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    const seen = new Set()
    for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2])
    return seen.size
  })()`
  const picture = `document.querySelector('.timeline canvas').toDataURL()`

  it('comes up without an error and asks the network for nothing', async () => {
    await open({})
    expect(page.errors).toEqual([])
    expect(page.requests.filter((url) => !url.startsWith('file:'))).toEqual([])
    expect(await page.evaluate(`document.querySelectorAll('.failed').length`)).toBe(0)
  })

  it('draws the timeline and moves it by keys and wheel', async () => {
    await open({})
    expect(await page.evaluate<number>(colours)).toBeGreaterThan(8)
    const before = await page.evaluate<string>(picture)
    await page.evaluate(`document.querySelector('.timeline canvas').focus()`)
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', key: 'w', text: 'w' })
    await page.settle()
    const closer = await page.evaluate<string>(picture)
    expect(closer).not.toBe(before)
    await page.evaluate(
      `document.querySelector('.timeline canvas').dispatchEvent(new WheelEvent('wheel', { deltaY: -300, cancelable: true }))`,
    )
    await page.settle()
    expect(await page.evaluate<string>(picture)).not.toBe(closer)
  })

  it('goes from alarm to alarm and shows the candidates with their evidence', async () => {
    await open({})
    await page.evaluate(`document.querySelector('.timeline canvas').focus()`)
    for (let i = 0; i < 3; i++)
      await page.send('Input.dispatchKeyEvent', { type: 'keyDown', key: 'n', text: 'n' })
    await page.settle()
    const text = await page.evaluate<string>(`document.querySelector('.timeline-frame .panel').innerText`)
    expect(text).toContain('The source wrote')
    expect(text).toMatch(/none of the recorded calls/)
  })

  it('sorts a table both ways, by value and not by text', async () => {
    await open({})
    const column = `[...document.querySelectorAll('#episodes-table tbody tr')].map((row) => Number(row.cells[7].innerText))`
    const press = `document.querySelectorAll('#episodes-table th button')[7].click()`
    await page.evaluate(press)
    const down = await page.evaluate<number[]>(column)
    await page.evaluate(press)
    const up = await page.evaluate<number[]>(column)
    expect(down).toHaveLength(25)
    expect(down).toEqual(down.toSorted((a, b) => b - a))
    expect(up).toEqual(up.toSorted((a, b) => a - b))
    expect(up[0]).toBeLessThan(down[24]!)
  })

  it('offers the timeline as a table, from which an item can be picked', async () => {
    await open({})
    await page.evaluate(`document.querySelector('#timeline-view details').open = true`)
    await page.settle()
    const rows = `document.querySelectorAll('#timeline-view details tbody tr')`
    expect(await page.evaluate<number>(`${rows}.length`)).toBe(25)
    await page.evaluate(`${rows}[3].click()`)
    const text = await page.evaluate<string>(`document.querySelector('.timeline-frame .panel').innerText`)
    expect(text).toMatch(/tool call|attributable|attributed/)
  })

  it('filters the alarms', async () => {
    await open({})
    await page.evaluate(`(() => {
      const input = document.querySelector('.why input[type=search]')
      input.value = 'coinminer'
      input.dispatchEvent(new Event('input'))
    })()`)
    const rows = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.why tbody tr')].map((row) => row.innerText)`,
    )
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) expect(row).toContain('COINMINER')
  })

  it('keeps hostile text as text everywhere, and shows what would be invisible', async () => {
    await open({ hostile })
    await page.evaluate(`document.querySelector('.timeline canvas').focus()`)
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', key: 'n', text: 'n' })
    await page.evaluate(`document.querySelectorAll('details').forEach((d) => { d.open = true })`)
    await page.evaluate(
      `[...document.querySelectorAll('th button, .jump')].slice(0, 40).forEach((b) => b.click())`,
    )
    await page.settle()
    expect(await page.evaluate('typeof window.pwned')).toBe('undefined')
    expect(await page.evaluate(`document.querySelectorAll('img, svg[onload], main script').length`)).toBe(0)
    expect(page.errors).toEqual([])
    // Even a script that somehow got in would not run: the policy knows ours by its hash.
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.pwned = 3' }))`,
    )
    expect(await page.evaluate('typeof window.pwned')).toBe('undefined')
    const text = await page.evaluate<string>(`document.body.innerText`)
    expect(text).toContain('\\u{202e}gnp.exe')
    expect(text).not.toMatch(/[\u202e\u2028]/)
  })

  it('changes zone and theme', async () => {
    await page.send('Emulation.setTimezoneOverride', { timezoneId: 'Asia/Kolkata' })
    await open({})
    const change = (id: string, value: string) =>
      `(() => { const s = document.getElementById('${id}'); s.value = '${value}'; s.dispatchEvent(new Event('change')) })()`
    const utc = await page.evaluate<string>(`document.querySelector('.range time').innerText`)
    await page.evaluate(change('zone', 'local'))
    const local = await page.evaluate<string>(`document.querySelector('.range time').innerText`)
    expect(utc).toBe('2026-11-23 22:00:01 UTC')
    expect(local).toBe('2026-11-24 03:30:01 +05:30')
    expect(await page.evaluate<string>(`document.querySelector('#episodes-table time').innerText`)).toContain(
      '+05:30',
    )
    const background = 'getComputedStyle(document.body).backgroundColor'
    await page.evaluate(change('theme', 'dark'))
    expect(await page.evaluate<string>(background)).toBe('rgb(15, 18, 21)')
    await page.send('Emulation.setTimezoneOverride', { timezoneId: '' })
  })

  it('is no wider than a phone', async () => {
    await page.resize({ width: 420, height: 900 })
    await open({ hostile })
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(420)
    await page.resize({ width: 1400, height: 900 })
  })

  it('still tells the verdict, the actions and the incidents without a script', async () => {
    await page.send('Emulation.setScriptExecutionDisabled', { value: true })
    const file = join(folder, 'plain.html')
    const data = sampleReport()
    await writeFile(file, renderReport(data, template))
    await page.load(pathToFileURL(file).href)
    const { root } = await page.send('DOM.getDocument')
    const { outerHTML } = await page.send('DOM.getOuterHTML', { nodeId: (root as { nodeId: number }).nodeId })
    await page.send('Emulation.setScriptExecutionDisabled', { value: false })
    expect(outerHTML).not.toContain('class="scripted"')
    for (const incident of data.summary.incidents) expect(outerHTML).toContain(incident.title)
  })

  it('stays usable with 20,000 calls and 2,000 alarms: few rows in the document, a bounded file', async () => {
    const report = await open({ calls: 20_000, alarms: 2_000, boxes: 150 })
    expect(page.errors).toEqual([])
    expect(report.length).toBeLessThan(16_000_000)
    expect(await page.evaluate<number>(`document.querySelectorAll('tr').length`)).toBeLessThan(200)
    expect(await page.evaluate<number>(colours)).toBeGreaterThan(8)
  })
})
