// A timeline on a canvas: lanes of tool calls and events, links from cause to effect. The report and the dashboard
// both use it; it knows neither, nor where its items come from.

import { draw } from './draw.ts'
import { isGroupHead } from './draw-lanes.ts'
import { itemAt } from './hit.ts'
import { itemsIn } from './in-view.ts'
import { listen } from './input.ts'
import { type Choice, everything, lanesIn, layOut, placeAt } from './layout.ts'
import { notes } from './notes.ts'
import {
  axisHeight,
  clockHeight,
  type Frame,
  mapHeight,
  type Scene,
  type Theme,
  themeOf,
  zonesOf,
} from './scene.ts'
import type { Picture, Seek, TimelineSource } from './source.ts'
import type { Item, Range, Timeline, TimelineOptions, Zone } from './types.ts'
import { clampView, panned, type View, zoomed } from './view.ts'

/** Puts a timeline into `host`, which decides its size. The source is closed with the timeline. */
export function createTimeline(
  host: HTMLElement,
  source: TimelineSource,
  options: TimelineOptions,
): Timeline {
  const canvas = document.createElement('canvas')
  canvas.tabIndex = 0
  canvas.setAttribute('role', 'application')
  canvas.setAttribute('aria-label', options.label)
  if (options.fills) canvas.style.touchAction = 'none'
  const over = notes(host)
  host.replaceChildren(canvas, ...over.elements)

  const { bounds } = source
  let choice: Choice = everything
  let layout = layOut(source.lanes, source.rows, choice)
  let theme: Theme | undefined
  let zone: Zone = options.zone
  let clock = source.clocks[0]
  let selected: Item | undefined
  let hovered: Item | undefined
  let brush: Range | undefined
  let view: View = { ...bounds, scroll: 0 }
  let frameAsked = 0
  /** Steps wait for each other: a key pressed thrice goes three items on, however long each takes to find. */
  let steps: Promise<unknown> = Promise.resolve()
  /** Grows with every choice that is not a step: steps that were asked for before are dropped. */
  let choices = 0

  const frame = (): Frame => {
    const width = host.clientWidth
    return {
      width,
      height: host.clientHeight,
      gutter: Math.round(Math.min(options.fills ? 210 : 170, Math.max(98, width * 0.16))),
      zone,
      clock,
      selected,
      hovered,
      brush,
    }
  }

  function picture(now: Frame): Picture {
    const { top, bottom } = zonesOf(now, layout)
    return source.picture({
      fromUs: view.fromUs,
      toUs: view.toUs,
      usPerPixel: (view.toUs - view.fromUs) / Math.max(1, now.width - now.gutter),
      lanes: lanesIn(layout, view.scroll, view.scroll + bottom - top),
    })
  }

  const place = () => {
    const now = frame()
    return { source, layout, view, frame: now, picture: picture(now) }
  }

  function move(next: View): void {
    const { top, bottom } = zonesOf(frame(), layout)
    view = clampView(next, bounds, Math.max(0, layout.scrollHeight - (bottom - top)))
    redraw()
    options.onView?.()
  }

  function redraw(): void {
    if (frameAsked !== 0) return
    frameAsked = requestAnimationFrame(() => {
      frameAsked = 0
      paint()
    })
  }

  function paint(): void {
    const context = canvas.getContext('2d', { alpha: false })
    const now = frame()
    if (context === null || now.width === 0 || now.height === 0) return
    const ratio = Math.min(3, globalThis.devicePixelRatio || 1)
    const [width, height] = [Math.round(now.width * ratio), Math.round(now.height * ratio)]
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    theme ??= themeOf(host)
    const scene: Scene = { context, source, picture: picture(now), layout, view, frame: now, theme }
    draw(scene)
  }

  function margin(fromUs: number, toUs: number): View {
    const room = Math.max(1000, (toUs - fromUs) * 0.06)
    return { ...view, fromUs: fromUs - room, toUs: toUs + room }
  }

  function choose(item: Item | undefined, tell: boolean): void {
    selected = item
    if (tell) options.onSelect(item)
    redraw()
  }

  /** Scrolls and pans so that the item is inside the picture. */
  function bringIn(item: Item): void {
    let next = view
    if (item.toUs < view.fromUs || item.fromUs > view.toUs) {
      const half = (view.toUs - view.fromUs) / 2
      next = { ...next, fromUs: item.fromUs - half, toUs: item.fromUs + half }
    }
    const { top, bottom } = zonesOf(frame(), layout)
    const [laneTop = 0, height = 0] = [layout.top[item.lane], layout.height[item.lane]]
    if (layout.pinned[item.lane] === 0 && height > 0) {
      if (laneTop < view.scroll) next = { ...next, scroll: laneTop }
      else if (laneTop + height > view.scroll + bottom - top) {
        next = { ...next, scroll: laneTop + height - (bottom - top) }
      }
    }
    move(next)
  }

  function layAnew(next: Choice): void {
    choice = next
    layout = layOut(source.lanes, source.rows, choice)
    move(view)
  }

  function fold(group: string | undefined): void {
    if (group === undefined) return
    const folded = new Set(choice.folded)
    if (!folded.delete(group)) folded.add(group)
    layAnew({ ...choice, folded })
  }

  /** Picks what the seek finds, after the picks before it. */
  function seek(make: () => Seek | undefined): void {
    const asked = choices
    const next = async () => {
      if (asked !== choices) return
      const wanted = make()
      const item = wanted && (await source.seek(wanted))
      if (item === undefined || asked !== choices) return
      choose(item, true)
      bringIn(item)
      if (options.announces) over.say(options.describe(item).join(', '))
    }
    steps = steps.then(next).catch(() => {})
  }

  /** The next lane up or down that is shown. */
  function laneBeside(lane: number, direction: 1 | -1): number | undefined {
    const shown = [...layout.order, ...layout.pinnedOrder]
    return shown[shown.indexOf(lane) + direction]
  }

  const middle = () => (view.fromUs + view.toUs) / 2

  const stopListening = listen(canvas, {
    fills: options.fills === true,
    zoom(factor, x) {
      const { gutter, width } = frame()
      const share = x === undefined ? 0.5 : Math.max(0, Math.min(1, (x - gutter) / (width - gutter)))
      move(zoomed(view, factor, share))
    },
    pan(dx, dy) {
      const { gutter, width } = frame()
      move({ ...panned(view, dx / Math.max(1, width - gutter)), scroll: view.scroll + dy })
    },
    hover(x, y) {
      const item = itemAt(place(), x, y)
      canvas.style.cursor = item === undefined ? (y < mapHeight ? 'ew-resize' : 'grab') : 'pointer'
      const changed = item?.id !== hovered?.id || item?.fromUs !== hovered?.fromUs
      hovered = item
      over.tip(item && options.describe(item), x, y)
      if (changed) redraw()
    },
    leave() {
      hovered = undefined
      over.tip(undefined, 0, 0)
      redraw()
    },
    click(x, y) {
      const now = place()
      const group = x < now.frame.gutter ? groupAt(now.frame, y) : undefined
      if (group !== undefined) {
        fold(group)
        return
      }
      const item = itemAt(now, x, y)
      // What stands for several is looked into.
      if (item?.count !== undefined && item.id === '') move(margin(item.fromUs, item.toUs))
      else {
        choices++
        choose(item, true)
      }
    },
    jump(x) {
      const us = bounds.fromUs + (x / Math.max(1, host.clientWidth)) * (bounds.toUs - bounds.fromUs)
      const half = (view.toUs - view.fromUs) / 2
      move({ ...view, fromUs: us - half, toUs: us + half })
    },
    inMap: (y) => y < mapHeight,
    brush:
      options.onBrush === undefined
        ? undefined
        : (fromX, toX, done) => {
            const { gutter, width } = frame()
            const usAt = (x: number) =>
              view.fromUs +
              ((Math.max(gutter, Math.min(width, x)) - gutter) / Math.max(1, width - gutter)) *
                (view.toUs - view.fromUs)
            const [fromUs, toUs] = [usAt(Math.min(fromX, toX)), usAt(Math.max(fromX, toX))]
            brush = Math.abs(toX - fromX) < 3 ? undefined : { fromUs, toUs }
            redraw()
            if (done) options.onBrush?.(brush)
          },
    step: (direction) => seek(() => ({ direction, ...(selected && { item: selected }) })),
    along: (direction) =>
      seek(() => {
        const lane = selected?.lane ?? layout.order[placeAt(layout, view.scroll)]
        return lane === undefined
          ? undefined
          : { lane, direction, ...(selected ? { item: selected } : { us: middle() }) }
      }),
    across: (direction) =>
      seek(() => {
        const lane = selected
          ? laneBeside(selected.lane, direction)
          : layout.order[placeAt(layout, view.scroll)]
        return lane === undefined ? undefined : { lane, direction: 1, us: selected?.fromUs ?? middle() }
      }),
    fold: () => fold(selected && source.lanes[selected.lane]?.group),
    showAll: () => move(margin(bounds.fromUs, bounds.toUs)),
    clear() {
      choices++
      if (brush !== undefined) {
        brush = undefined
        options.onBrush?.(undefined)
      }
      choose(undefined, true)
    },
    hint: over.hint,
  })

  function groupAt(now: Frame, y: number): string | undefined {
    const { top, bottom } = zonesOf(now, layout)
    if (y < top || y > bottom) return undefined
    const lane = layout.order[placeAt(layout, y - top + view.scroll)]
    return lane !== undefined && isGroupHead({ source, layout }, lane) ? source.lanes[lane]?.group : undefined
  }

  const resized = new ResizeObserver(() => move(view))
  resized.observe(host)
  source.onChange = () => {
    redraw()
    options.onView?.()
  }
  move(margin(bounds.fromUs, bounds.toUs))

  return {
    show: (fromUs, toUs) => move(margin(fromUs, Math.max(toUs, fromUs + 1000))),
    showAll: () => move(margin(bounds.fromUs, bounds.toUs)),
    select(id) {
      const asked = ++choices
      if (id === undefined) {
        choose(undefined, false)
        return
      }
      const find = async () => {
        const item = await source.locate(id)
        if (asked !== choices) return
        choose(item, false)
        if (item !== undefined) bringIn(item)
      }
      steps = steps.then(find).catch(() => {})
    },
    setZone(next) {
      zone = next
      redraw()
    },
    setClock(name) {
      clock = source.clocks.find((c) => c.name === name)
      move(view)
    },
    setBrush(range) {
      brush = range
      redraw()
    },
    setShown: (shown) => layAnew({ ...choice, shown }),
    foldAll(folded) {
      const groups = source.lanes.flatMap(({ group }) => (group === undefined ? [] : [group]))
      layAnew({ ...choice, folded: new Set(folded ? groups : []) })
    },
    span: () => ({ fromUs: view.fromUs, toUs: view.toUs }),
    inView: (max) => itemsIn(place(), max),
    redraw() {
      theme = undefined
      redraw()
    },
    destroy() {
      stopListening()
      resized.disconnect()
      cancelAnimationFrame(frameAsked)
      over.stop()
      source.onChange = undefined
      source.close()
      host.replaceChildren()
    },
  }
}

/** Height at which all lanes fit, in pixels; the host caps it. */
export function naturalHeight(source: TimelineSource): number {
  const { scrollHeight, pinnedHeight } = layOut(source.lanes, source.rows, everything)
  const clock = clockHeight({ clock: source.clocks[0] })
  return mapHeight + axisHeight + scrollHeight + pinnedHeight + clock
}
