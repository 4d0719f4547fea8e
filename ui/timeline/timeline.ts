// A timeline on a canvas: lanes of tool calls and events, links from cause to effect. The report and the dashboard
// both use it; it knows neither.

import { draw } from './draw.ts'
import { itemAt } from './hit.ts'
import { listen } from './input.ts'
import { layOut } from './layout.ts'
import { axisHeight, type Frame, mapHeight, type Scene, type Theme, themeOf, zonesOf } from './scene.ts'
import type { Timeline, TimelineModel, TimelineOptions, Zone } from './types.ts'
import { clampView, panned, type View, zoomed } from './view.ts'

/** Puts a timeline into `host`, which decides its size. */
export function createTimeline(host: HTMLElement, model: TimelineModel, options: TimelineOptions): Timeline {
  const canvas = document.createElement('canvas')
  canvas.tabIndex = 0
  canvas.setAttribute('role', 'application')
  canvas.setAttribute('aria-label', options.label)
  const tip = document.createElement('div')
  tip.className = 'timeline-tip'
  tip.hidden = true
  const hint = document.createElement('div')
  hint.className = 'timeline-hint'
  hint.textContent = 'Click the timeline first, then the wheel zooms; or hold Ctrl.'
  hint.hidden = true
  host.replaceChildren(canvas, tip, hint)

  const layout = layOut(model)
  const byId = new Map(model.items.map((item, i) => [item.id, i]))
  const alarms = [...layout.order].filter((i) => model.items[i]!.shape === 'alarm')
  let theme: Theme | undefined
  let zone: Zone = options.zone
  let clock = model.clocks[0]
  let selected: number | undefined
  let hovered: number | undefined
  let view: View = { fromUs: layout.fromUs, toUs: layout.toUs, scroll: 0 }
  let frameAsked = 0
  let hintTimer: ReturnType<typeof setTimeout> | undefined

  const frame = (): Frame => {
    const width = host.clientWidth
    return {
      width,
      height: host.clientHeight,
      gutter: Math.round(Math.min(170, Math.max(98, width * 0.16))),
      zone,
      clock,
      selected,
      hovered,
    }
  }

  function move(next: View): void {
    const { top, bottom } = zonesOf(frame(), layout)
    view = clampView(next, layout, Math.max(0, layout.scrollHeight - (bottom - top)))
    redraw()
  }

  function redraw(): void {
    if (frameAsked !== 0) return
    frameAsked = requestAnimationFrame(() => {
      frameAsked = 0
      paint()
    })
  }

  function paint(): void {
    const context = canvas.getContext('2d')
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
    const scene: Scene = { context, model, layout, view, frame: now, theme }
    draw(scene)
  }

  function margin(fromUs: number, toUs: number): View {
    const room = Math.max(1000, (toUs - fromUs) * 0.06)
    return { ...view, fromUs: fromUs - room, toUs: toUs + room }
  }

  function choose(index: number | undefined, tell: boolean): void {
    selected = index
    if (tell) options.onSelect(index === undefined ? undefined : model.items[index])
    redraw()
  }

  /** Scrolls and pans so that the item is inside the picture. */
  function bringIn(index: number): void {
    const item = model.items[index]!
    let next = view
    if (item.toUs < view.fromUs || item.fromUs > view.toUs) {
      const half = (view.toUs - view.fromUs) / 2
      next = { ...next, fromUs: item.fromUs - half, toUs: item.fromUs + half }
    }
    const { top, bottom } = zonesOf(frame(), layout)
    const box = layout.lanes[item.lane]
    if (box !== undefined && model.lanes[item.lane]?.pinned !== true) {
      if (box.top < view.scroll) next = { ...next, scroll: box.top }
      else if (box.top + box.height > view.scroll + bottom - top) {
        next = { ...next, scroll: box.top + box.height - (bottom - top) }
      }
    }
    move(next)
  }

  function showTip(x: number, y: number): void {
    const item = hovered === undefined ? undefined : model.items[hovered]
    tip.hidden = item === undefined
    if (item === undefined) return
    tip.replaceChildren(
      ...options.describe(item).map((text, i) => {
        const line = document.createElement(i === 0 ? 'b' : 'span')
        line.textContent = text
        return line
      }),
    )
    const room = host.clientWidth - tip.offsetWidth - 8
    tip.style.left = `${Math.max(4, Math.min(room, x + 14))}px`
    const below = y + 18 + tip.offsetHeight < host.clientHeight
    tip.style.top = `${below ? y + 18 : Math.max(4, y - tip.offsetHeight - 12)}px`
  }

  function jump(x: number): void {
    const us = layout.fromUs + (x / Math.max(1, host.clientWidth)) * (layout.toUs - layout.fromUs)
    const half = (view.toUs - view.fromUs) / 2
    move({ ...view, fromUs: us - half, toUs: us + half })
  }

  const stopListening = listen(canvas, {
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
      const index = itemAt({ model, layout, view, frame: frame() }, x, y)
      canvas.style.cursor = index === undefined ? (y < mapHeight ? 'ew-resize' : 'grab') : 'pointer'
      const changed = index !== hovered
      hovered = index
      showTip(x, y)
      if (changed) redraw()
    },
    leave() {
      hovered = undefined
      tip.hidden = true
      redraw()
    },
    click(x, y) {
      choose(itemAt({ model, layout, view, frame: frame() }, x, y), true)
    },
    jump,
    inMap: (y) => y < mapHeight,
    step(direction) {
      if (alarms.length === 0) return
      const at = selected === undefined ? -1 : alarms.indexOf(selected)
      const next = at < 0 ? (direction > 0 ? 0 : alarms.length - 1) : at + direction
      const index = alarms[(next + alarms.length) % alarms.length]!
      choose(index, true)
      bringIn(index)
    },
    showAll: () => move(margin(layout.fromUs, layout.toUs)),
    clear: () => choose(undefined, true),
    hint() {
      hint.hidden = false
      clearTimeout(hintTimer)
      hintTimer = setTimeout(() => {
        hint.hidden = true
      }, 1600)
    },
  })

  const resized = new ResizeObserver(() => move(view))
  resized.observe(host)
  move(margin(layout.fromUs, layout.toUs))

  return {
    show: (fromUs, toUs) => move(margin(fromUs, Math.max(toUs, fromUs + 1000))),
    showAll: () => move(margin(layout.fromUs, layout.toUs)),
    select(id) {
      const index = id === undefined ? undefined : byId.get(id)
      choose(index, false)
      if (index !== undefined) bringIn(index)
    },
    setZone(next) {
      zone = next
      redraw()
    },
    setClock(name) {
      clock = model.clocks.find((c) => c.name === name)
      move(view)
    },
    redraw() {
      theme = undefined
      redraw()
    },
    destroy() {
      stopListening()
      resized.disconnect()
      cancelAnimationFrame(frameAsked)
      clearTimeout(hintTimer)
      host.replaceChildren()
    },
  }
}

/** Height at which all lanes fit, in pixels; the host caps it. */
export function naturalHeight(model: TimelineModel): number {
  const layout = layOut(model)
  return (
    mapHeight + axisHeight + layout.scrollHeight + layout.pinnedHeight + (model.clocks.length > 0 ? 20 : 0)
  )
}
