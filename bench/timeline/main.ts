// The timeline of a large case: how long the server takes for its tiles, and how long a frame takes while one pans.
//
//   npx tsx bench/timeline/main.ts [--calls 100000] [--events 1000000] [--boxes 1000] [--requests 600] [--frames 360] [--keep FOLDER]
//
// The case is generated (see generate-case.ts) and opened as the server opens it; the browser is Chromium without a
// graphics card: what it paints, the processor paints. With --keep, the case and its database lie in FOLDER and are
// used again. Elapsed times suffer from whatever else runs; processor times much less: both are told, and the load.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { endReaders } from '../../src/store/cases/readers.ts'
import { findChromium, Page } from '../../ui/testing/browser.ts'
import { openRoom } from '../../ui/testing/timeline-room.ts'
import { measureFrames, motions } from './frames.ts'
import { generateCase } from './generate-case.ts'
import { measureTiles } from './tiles.ts'

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '100000' },
    events: { type: 'string', default: '1000000' },
    boxes: { type: 'string', default: '1000' },
    requests: { type: 'string', default: '600' },
    frames: { type: 'string', default: '360' },
    keep: { type: 'string' },
  },
})
const root = values.keep ?? mkdtempSync(join(tmpdir(), 'vigiles-timeline-bench-'))
const folder = join(root, 'case')
try {
  mkdirSync(root, { recursive: true })
  const sizes = {
    calls: Number(values.calls),
    events: Number(values.events),
    boxes: Number(values.boxes),
    seed: 5,
  }
  if (!existsSync(join(folder, 'summary.json'))) generateCase(folder, sizes)
  console.log(`${sizes.calls} calls, ${sizes.events} events, ${sizes.boxes} sandboxes`)
  console.log(`${cpus()[0]?.model ?? 'processor'}, ${cpus().length} cores, load ${load()}`)
  await tiles()
  await frames()
} finally {
  endReaders()
  if (values.keep === undefined) rmSync(root, { recursive: true, force: true })
}

async function tiles(): Promise<void> {
  const found = await measureTiles(folder, join(root, 'cache', 'cases'), Number(values.requests))
  console.log(`\ndatabase of the case  ${found.openS.toFixed(1)} s (once)`)
  console.log(
    `first timeline        ${found.firstS.toFixed(1)} s, lanes by episode after it ${found.groupingS.toFixed(1)} s`,
  )
  console.log(`server's own memory   ${found.rssMb.toFixed(0)} MB`)
  console.log(`requests for 3 tiles  ${quantiles(found.ms)} ms`)
  console.log(`  bytes               ${quantiles(found.bytes, 0)}, compressed ${quantiles(found.gzip, 0)}`)
  console.log(`load ${load()}`)
}

async function frames(): Promise<void> {
  const chromium = findChromium()
  if (chromium === undefined) {
    console.log('\nno Chromium here: no frames (set VIGILES_CHROMIUM)')
    return
  }
  const room = await openRoom(folder, root)
  const page = await Page.open(chromium, { width: 1400, height: 900 })
  try {
    await page.goto(room.url)
    await page.evaluate(`new Promise((done) => {
      const look = () => globalThis.trial ? done() : setTimeout(look, 50)
      look()
    })`)
    console.log('\n1400 × 900 pixels; p50 / p95 / p99 / most, in ms; dropped: frames of more than 25 ms')
    for (const motion of motions) {
      const found = await measureFrames(page, motion, Number(values.frames))
      const dropped = found.frames.filter((ms) => ms > 25).length
      console.log(
        `${motion.name.padEnd(32)} frame ${quantiles(found.frames)}, dropped ${dropped} of ${found.frames.length}; ` +
          `script ${quantiles(found.work)}; processor a frame: page ${found.threadMs.toFixed(1)}, all of Chromium ` +
          `${found.processMs.toFixed(1)}; ${found.tiles} requests; load ${load()}`,
      )
    }
    if (page.errors.length + room.errors.length > 0) console.log(page.errors, room.errors)
  } finally {
    await page[Symbol.asyncDispose]()
    await room.close()
  }
}

function quantiles(values: readonly number[], digits = 1): string {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return [0.5, 0.95, 0.99, 1].map((share) => at(share).toFixed(digits)).join(' / ')
}

function load(): string {
  return loadavg()[0]!.toFixed(1)
}
