// Frame times in a real Chromium while somebody pans and zooms: what the page itself sees between animation frames.

import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from '../../ui/testing/browser.ts'

export interface FrameFigures {
  readonly name: string
  /** Milliseconds between animation frames. */
  readonly frames: readonly number[]
  /** Milliseconds of the timeline's own script in each. */
  readonly work: readonly number[]
  /** Requests for tiles that were made on the way. */
  readonly tiles: number
  /** Processor time a frame of the page's main thread, and of all of Chromium's processes, in ms: these do not suffer from what else runs. */
  readonly threadMs: number
  readonly processMs: number
}

export interface Motion {
  readonly name: string
  /** Share of the whole span in view at the start, and where it begins. */
  readonly share: number
  readonly at: number
  /** Pixels a frame, sideways and down. */
  readonly dx: number
  readonly dy: number
  /** Wheel steps a frame with Ctrl held. */
  readonly zoom: number
}

/** Moves for `count` frames by wheel events as a trackpad makes them, one a frame, to and fro. Needs the test page. */
export async function measureFrames(page: Page, motion: Motion, count: number): Promise<FrameFigures> {
  const { name, share, at, dx, dy, zoom } = motion
  await page.send('Performance.enable', { timeDomain: 'threadTicks' })
  await page.evaluate(`(async () => {
    const { timeline, outline } = globalThis.trial
    const span = outline.toUs - outline.fromUs
    const from = outline.fromUs + ${at} * span
    timeline.show(from, from + ${share} * span)
    await new Promise((done) => setTimeout(done, 2500))
  })()`)
  const threadBefore = await taskSeconds(page)
  const processBefore = processSeconds(page.pid)
  const text = await page.evaluate<string>(`(async () => {
    const { asked } = globalThis.trial
    const canvas = document.querySelector('#timeline canvas')
    const before = asked.length
    const frames = [], work = []
    const raf = globalThis.requestAnimationFrame.bind(globalThis)
    globalThis.requestAnimationFrame = (paint) => raf((now) => {
      const began = performance.now()
      paint(now)
      work.push(performance.now() - began)
    })
    let last = 0
    await new Promise((done) => {
      const frame = (now) => {
        if (last > 0) frames.push(now - last)
        last = now
        if (frames.length >= ${count}) return done()
        const turn = Math.floor(frames.length / 120) % 2 === 0 ? 1 : -1
        const wheel = ${zoom} === 0
          ? { deltaX: ${dx} * turn, deltaY: ${dy} * turn }
          : { deltaX: 0, deltaY: -${zoom} * turn, ctrlKey: true, clientX: 800, clientY: 300 }
        canvas.dispatchEvent(new WheelEvent('wheel', { ...wheel, cancelable: true, bubbles: true }))
        raf(frame)
      }
      raf(frame)
    })
    globalThis.requestAnimationFrame = raf
    return JSON.stringify({ frames, work, tiles: asked.length - before })
  })()`)
  const given = JSON.parse(text) as Pick<FrameFigures, 'frames' | 'work' | 'tiles'>
  return {
    name,
    ...given,
    threadMs: ((await taskSeconds(page)) - threadBefore) * (1000 / count),
    processMs: (processSeconds(page.pid) - processBefore) * (1000 / count),
  }
}

async function taskSeconds(page: Page): Promise<number> {
  const { metrics } = (await page.send('Performance.getMetrics')) as {
    metrics: { name: string; value: number }[]
  }
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
}

/** User and system time of a process and all its descendants that live, from /proc. */
function processSeconds(root: number): number {
  const parents = new Map<number, { parent: number; ticks: number }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      parents.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) })
    } catch {
      // Ended in between.
    }
  }
  let ticks = 0
  for (const [pid, own] of parents) {
    for (
      let at: number | undefined = pid, steps = 0;
      at !== undefined && steps < 40;
      at = parents.get(at)?.parent, steps++
    ) {
      if (at !== root) continue
      ticks += own.ticks
      break
    }
  }
  return ticks / 100
}

export const motions: readonly Motion[] = [
  { name: 'pan, everything in view', share: 0.8, at: 0.1, dx: 6, dy: 0, zoom: 0 },
  { name: 'pan, a tenth in view', share: 0.1, at: 0.2, dx: 12, dy: 0, zoom: 0 },
  { name: 'pan, ten seconds in view', share: 0.01, at: 0.5, dx: 12, dy: 0, zoom: 0 },
  { name: 'pan fast, a tenth in view', share: 0.1, at: 0.2, dx: 60, dy: 0, zoom: 0 },
  { name: 'scroll lanes, everything in view', share: 0.8, at: 0.1, dx: 0, dy: 14, zoom: 0 },
  { name: 'zoom in and out', share: 0.5, at: 0.2, dx: 0, dy: 0, zoom: 5 },
]
