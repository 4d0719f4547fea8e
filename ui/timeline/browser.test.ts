// The timeline of a large case in a real browser, against the real server. Skipped, with the reason, without a Chromium.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { generateCase } from '../../bench/timeline/generate-case.ts'
import { openCaseStore } from '../../src/store/cases/case-store.ts'
import { endReaders } from '../../src/store/cases/readers.ts'
import { findChromium, Page } from '../testing/browser.ts'
import { openRoom, type Room } from '../testing/timeline-room.ts'

const chromium = findChromium()
const title =
  chromium === undefined
    ? 'a timeline of tiles in a browser (no Chromium here: set VIGILES_CHROMIUM)'
    : 'a timeline of tiles in a browser'
const evil = '</script><img src=x onerror="window.pwned=1">\u202e'

describe.skipIf(chromium === undefined)(title, { timeout: 120_000 }, () => {
  let root = ''
  let room: Room
  let page: Page
  let grave: readonly string[] = []

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'vigiles-timeline-page-'))
    grave = generateCase(join(root, 'case'), { calls: 4_000, events: 40_000, boxes: 60, seed: 9, evil })
    room = await openRoom(join(root, 'case'), root)
    page = await Page.open(chromium!, { width: 1300, height: 800 })
    await page.goto(room.url)
    await until('globalThis.trial')
  }, 180_000)
  afterAll(async () => {
    await page?.[Symbol.asyncDispose]()
    await room?.close()
    endReaders()
    rmSync(root, { recursive: true, force: true })
  })
  beforeEach(async () => {
    await page.evaluate('trial.timeline.setShown(undefined), trial.timeline.foldAll(false)')
    await page.evaluate('trial.timeline.showAll(), trial.timeline.select(undefined)')
    await rest()
  })

  /** Waits for something to hold in the page; a page on which it never does fails here. */
  async function until(condition: string): Promise<void> {
    await page.evaluate(`new Promise((done) => {
      const look = () => (${condition}) ? done() : setTimeout(look, 20)
      look()
    })`)
  }

  /** Until nothing more is on its way for what is in view. */
  const rest = () => until('!trial.timeline.inView(0).waiting')

  const shown = () =>
    page.evaluate<{ items: { id: string; count?: number }[]; more: number }>('trial.timeline.inView(1e6)')

  async function press(key: string, modifiers = 0): Promise<void> {
    await page.evaluate(`document.querySelector('#timeline canvas').focus()`)
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', key, modifiers })
    await page.settle()
  }

  async function mouse(type: string, x: number, y: number, modifiers = 0): Promise<void> {
    await page.send('Input.dispatchMouseEvent', {
      type,
      x,
      y,
      modifiers,
      button: 'left',
      buttons: type === 'mouseReleased' ? 0 : 1,
      clickCount: 1,
    })
  }

  it('shows every item in view, counted or one by one, whatever the zoom', async () => {
    const lanes = await page.evaluate<{ kind: string[]; items: number[] }>('trial.outline.lanes')
    const pinned = lanes.items.filter((_, i) => ['incident', 'finding', 'alarm'].includes(lanes.kind[i]!))
    // Only pinned lanes: all of them are in view, so that what is in view can be compared with the whole.
    await page.evaluate('trial.timeline.setShown((lane) => lane.pinned === true)')
    await rest()
    const sum = (items: readonly { count?: number }[]) => items.reduce((n, { count = 1 }) => n + count, 0)
    expect(sum((await shown()).items)).toBe(pinned.reduce((a, b) => a + b, 0))
    const { fromUs, toUs } = await page.evaluate<{ fromUs: number; toUs: number }>('trial.outline')
    const store = await openCaseStore({ folder: join(root, 'case'), cache: join(root, 'cache', 'cases') })
    const middle = fromUs + (toUs - fromUs) * 0.3
    for (const width of [2e6, 20e6, 200e6]) {
      await page.evaluate(`trial.timeline.show(${middle - width / 2}, ${middle + width / 2})`)
      await rest()
      const span = await page.evaluate<{ fromUs: number; toUs: number }>('trial.timeline.span()')
      const { items } = await shown()
      const named = items.filter(({ id }) => id !== '')
      expect(new Set(named.map(({ id }) => id)).size).toBe(named.length)
      // What is counted is known to the bucket, of at most four pixels; single items to the µs.
      const slack = named.length === items.length ? 0 : ((span.toUs - span.fromUs) / 1000) * 4
      const inside = async (fromUs: number, toUs: number) => {
        const [row] = await store.rows(
          `SELECT (SELECT count(*) FROM events WHERE (rule IS NOT NULL OR severity IS NOT NULL) AND epoch_us(time) BETWEEN $1 AND $2)
             + (SELECT count(*) FROM findings WHERE epoch_us(first_time) BETWEEN $1 AND $2) + 1 AS n`,
          [Math.ceil(fromUs), Math.floor(toUs)],
        )
        return Number(row?.n)
      }
      expect(sum(items)).toBeGreaterThanOrEqual(await inside(span.fromUs + slack, span.toUs - slack))
      expect(sum(items)).toBeLessThanOrEqual(await inside(span.fromUs - slack, span.toUs + slack))
    }
  })

  it('asks for few tiles, never for all items, and for none that it has', async () => {
    const before = await page.evaluate<number>('trial.asked.length')
    for (let i = 0; i < 6; i++) await press('w')
    await rest()
    for (let i = 0; i < 10; i++) await press('d')
    await rest()
    const after = await page.evaluate<number>('trial.asked.length')
    expect(after - before).toBeLessThan(40)
    for (let i = 0; i < 10; i++) await press('a')
    await rest()
    const asked = await page.evaluate<string[]>('trial.asked')
    // Whoever goes back finds what was there: only what lies beyond is asked for.
    expect(asked.length - after).toBeLessThan(6)
    expect(asked.every((query) => query.split('blocks=')[1]!.split(',').length <= 4)).toBe(true)
    expect(await page.evaluate('String(trial.failed)')).toBe('undefined')
  })

  it('goes from alarm to alarm, and along a lane and across lanes with Alt', async () => {
    const picked = await page.evaluate<number>('trial.picked')
    for (let i = 0; i < 3; i++) await press('n')
    await until(`trial.picked === ${picked + 3}`)
    expect(await page.evaluate('trial.selected.shape')).toBe('alarm')
    const alarm = await page.evaluate<{ fromUs: number; lane: number }>('trial.selected')
    const span = await page.evaluate<{ fromUs: number; toUs: number }>('trial.timeline.span()')
    expect(alarm.fromUs).toBeGreaterThanOrEqual(span.fromUs)
    expect(alarm.fromUs).toBeLessThanOrEqual(span.toUs)
    await press('Escape')
    await press('ArrowRight', 1)
    await until('trial.selected?.shape === "bar"')
    const first = await page.evaluate<{ id: string; lane: number; fromUs: number }>('trial.selected')
    await press('ArrowRight', 1)
    await until(`trial.selected?.id !== ${JSON.stringify(first.id)}`)
    const second = await page.evaluate<{ lane: number; fromUs: number }>('trial.selected')
    expect(second.lane).toBe(first.lane)
    expect(second.fromUs).toBeGreaterThanOrEqual(first.fromUs)
    await press('ArrowDown', 1)
    await until(`trial.selected?.lane === ${first.lane + 1}`)
    expect(await page.evaluate(`document.querySelector('#timeline [aria-live]').textContent`)).not.toBe('')
  })

  it('draws lines to what an item was caused by, known from anywhere', async () => {
    await page.evaluate(`trial.timeline.select(${JSON.stringify(grave[7])})`)
    await until(`trial.source.arcsOf('x').length === 0`)
    const arcs = await page.evaluate<{ p: number }[]>(
      `trial.source.details(${JSON.stringify(grave[7])}).then(({ item }) => trial.source.arcsOf('#' + item.item))`,
    )
    expect(arcs.length).toBe(1)
    expect(arcs[0]!.p).toBeGreaterThan(0)
  })

  it('chooses a span by dragging with Shift, gives it up with Escape', async () => {
    await mouse('mousePressed', 500, 300, 8)
    for (let x = 520; x <= 700; x += 30) await mouse('mouseMoved', x, 300, 8)
    await mouse('mouseReleased', 700, 300, 8)
    await page.settle()
    const brush = await page.evaluate<{ fromUs: number; toUs: number }>('trial.brush')
    const span = await page.evaluate<{ fromUs: number; toUs: number }>('trial.timeline.span()')
    const share = (brush.toUs - brush.fromUs) / (span.toUs - span.fromUs)
    expect(share).toBeGreaterThan(0.15)
    expect(share).toBeLessThan(0.2)
    await press('Escape')
    expect(await page.evaluate('String(trial.brush)')).toBe('undefined')
  })

  it('pans by dragging and zooms by two fingers', async () => {
    const span = () => page.evaluate<{ fromUs: number; toUs: number }>('trial.timeline.span()')
    await page.evaluate('trial.timeline.show(trial.outline.fromUs + 100e6, trial.outline.fromUs + 200e6)')
    const before = await span()
    await mouse('mousePressed', 700, 300)
    for (let x = 700; x >= 500; x -= 25) await mouse('mouseMoved', x, 300)
    await mouse('mouseReleased', 500, 300)
    const panned = await span()
    expect(panned.fromUs).toBeGreaterThan(before.fromUs)
    expect(panned.toUs - panned.fromUs).toBeCloseTo(before.toUs - before.fromUs, -2)
    const touch = (type: string, ...xs: number[]) =>
      page.send('Input.dispatchTouchEvent', { type, touchPoints: xs.map((x, id) => ({ x, y: 300, id })) })
    await page.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 2 })
    await touch('touchStart', 500, 700)
    for (let i = 1; i <= 8; i++) await touch('touchMove', 500 - i * 20, 700 + i * 20)
    await touch('touchEnd')
    await page.send('Emulation.setTouchEmulationEnabled', { enabled: false })
    const pinched = await span()
    expect(pinched.toUs - pinched.fromUs).toBeLessThan((panned.toUs - panned.fromUs) * 0.75)
  })

  it('finds, hides and folds lanes without asking the server for what it has', async () => {
    const tall = () => page.evaluate<number>('trial.timeline.inView(1e6).items.length')
    const all = await tall()
    await page.evaluate('trial.timeline.setShown((lane) => lane.kind === "alarm")')
    await rest()
    expect(await tall()).toBeLessThan(all)
    await page.evaluate('trial.timeline.setShown(undefined), trial.timeline.foldAll(true)')
    await rest()
    const lanes = new Set(
      (await page.evaluate<{ items: { lane: number }[] }>('trial.timeline.inView(1e6)')).items.map(
        ({ lane }) => lane,
      ),
    )
    // More lanes fit when each group is one strip.
    expect(lanes.size).toBeGreaterThan(60)
  })

  it('takes hostile names for what they are: text', async () => {
    await page.evaluate(`(() => {
      const canvas = document.querySelector('#timeline canvas')
      for (let y = 60; y < 780; y += 12) {
        for (let x = 220; x < 1200; x += 40) {
          canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y, bubbles: true }))
        }
      }
    })()`)
    await page.settle()
    expect(await page.evaluate('typeof window.pwned')).toBe('undefined')
    expect(await page.evaluate(`document.querySelectorAll('img').length`)).toBe(0)
    const labels = await page.evaluate<string[]>('trial.source.lanes.map(({ label }) => label)')
    expect(labels.some((label) => label.includes('\\u{202e}'))).toBe(true)
    expect(labels.some((label) => label.includes('\u202e'))).toBe(false)
    expect(page.errors).toEqual([])
    expect(room.errors).toEqual([])
  })
})
