// The timeline's page in a real browser, against the real server. Skipped, with the reason, without a Chromium.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateCase } from '../../../bench/timeline/generate-case.ts'
import { endReaders } from '../../../src/store/cases/readers.ts'
import { buildUi } from '../../../tools/build-ui.ts'
import { findChromium, Page } from '../../testing/browser.ts'
import { openRoom, type Room } from '../../testing/timeline-room.ts'

const chromium = findChromium()
const title =
  chromium === undefined
    ? 'the page of the timeline (no Chromium here: set VIGILES_CHROMIUM)'
    : 'the page of the timeline'
const evil = '</script><img src=x onerror="window.pwned=1">\u202e'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describe.skipIf(chromium === undefined)(title, { timeout: 120_000 }, () => {
  let root = ''
  let room: Room
  let page: Page
  let source = ''
  let grave: readonly string[] = []

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'vigiles-timeline-app-'))
    grave = generateCase(join(root, 'case'), { calls: 2_000, events: 12_000, boxes: 30, seed: 4, evil })
    await buildUi(join(root, 'ui'))
    room = await openRoom(join(root, 'case'), root, join(root, 'ui'))
    page = await Page.open(chromium!, { width: 1400, height: 900 })
    await page.goto(room.url)
    source = await page.evaluate<string>(
      `fetch('/api/v1/sources').then((r) => r.json()).then(({ sources }) => sources[0].id)`,
    )
  }, 180_000)
  afterAll(async () => {
    await page?.[Symbol.asyncDispose]()
    await room?.close()
    endReaders()
    rmSync(root, { recursive: true, force: true })
  })

  async function open(search = ''): Promise<void> {
    await page.goto(new URL(`/s/${source}/timeline${search}`, room.url).href)
    await until(`document.querySelector('.timeline canvas')`)
  }

  /** Waits for something to hold in the page; a page on which it never does fails here. */
  async function until(condition: string): Promise<void> {
    await page.evaluate(`new Promise((done) => {
      const look = () => (${condition}) ? done() : setTimeout(look, 20)
      look()
    })`)
  }

  async function press(key: string): Promise<void> {
    await page.evaluate(`document.querySelector('.timeline canvas').focus()`)
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', key })
    await page.settle()
  }

  const drawer = () => page.evaluate<string>(`document.querySelector('.drawer').innerText`)

  it('opens an item by its address, with the ways to why and to its episode', async () => {
    await open(`?item=${grave[4]}`)
    await until(`document.querySelector('.drawer')`)
    expect(await drawer()).toContain('May have been caused by')
    const links = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.drawer a')].map((a) => new URL(a.href).pathname)`,
    )
    expect(links).toContain(`/s/${source}/alarms/${grave[4]}`)
    // From the alarm to the call: one click.
    await page.evaluate(`document.querySelector('.drawer .jump').click()`)
    await until(`document.querySelector('.drawer h2').innerText === 'Tool call'`)
    expect(await drawer()).toContain('May have caused')
    expect(await page.evaluate('location.search')).toMatch(/item=c/)
  })

  it('keeps the keys on the canvas while details change beside it', async () => {
    await open()
    await press('n')
    await until(`document.querySelector('.drawer') && /item=e/.test(location.search)`)
    const first = await page.evaluate<string>('location.search')
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', key: 'n' })
    await until(`location.search !== ${JSON.stringify(first)} && /item=e/.test(location.search)`)
    expect(await page.evaluate('document.activeElement.tagName')).toBe('CANVAS')
    await press('Escape')
    await until(`!document.querySelector('.drawer')`)
  })

  it('puts a chosen span into the address, for every other view', async () => {
    await open()
    const mouse = (type: string, x: number) =>
      page.send('Input.dispatchMouseEvent', {
        type,
        x,
        y: 400,
        modifiers: 8,
        button: 'left',
        buttons: type === 'mouseReleased' ? 0 : 1,
        clickCount: 1,
      })
    await mouse('mousePressed', 700)
    for (let x = 720; x <= 900; x += 20) await mouse('mouseMoved', x)
    await mouse('mouseReleased', 900)
    await until(`/from=.*&to=/.test(location.search)`)
    const search = await page.evaluate<string>('location.search')
    await open(search)
    expect(await page.evaluate(`document.querySelector('.top, header, .chip') !== null`)).toBe(true)
    expect(await page.evaluate('location.search')).toBe(search)
  })

  it('lists what is in view, and nothing in it is markup', async () => {
    await open()
    await page.evaluate(
      `[...document.querySelectorAll('button')].find(({ innerText }) => innerText === 'List what is in view').click()`,
    )
    await until(`document.querySelectorAll('.timeline-list tbody tr').length > 20`)
    for (const by of ['episode', 'step', 'tool']) {
      await page.evaluate(`(() => {
        const select = document.querySelector('.timeline-tools select')
        Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set.call(select, '${by}')
        select.dispatchEvent(new Event('change', { bubbles: true }))
      })()`)
      await until(
        `new URLSearchParams(location.search).get('by') === '${by}' && document.querySelector('.timeline canvas')`,
      )
    }
    expect(await page.evaluate('typeof window.pwned')).toBe('undefined')
    expect(await page.evaluate(`document.querySelectorAll('main img').length`)).toBe(0)
    expect(await page.evaluate<string>(`document.body.innerText`)).not.toContain('\u202e')
    expect(page.errors).toEqual([])
    expect(room.errors).toEqual([])
  })

  it('has nothing that axe finds wrong, light and dark', async () => {
    for (const dark of [false, true]) {
      await page.resize({ width: 1400, height: 900, dark })
      await open(`?item=${grave[2]}`)
      await until(`document.querySelector('.drawer')`)
      await page.evaluate(`${axe};0`)
      const found = await page.evaluate<string[]>(
        `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html.slice(0, 200)))`,
      )
      expect(found).toEqual([])
    }
  })
})
