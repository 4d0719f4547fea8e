// Mouse, wheel, touch and keys, turned into movements of the view.

export interface Movements {
  /** The wheel and fingers scroll; Ctrl and the wheel zoom. */
  readonly fills: boolean
  /** `factor` below 1 comes closer; `x` is the pixel that stays in place, the middle when absent. */
  zoom(factor: number, x?: number): void
  /** Pixels. */
  pan(dx: number, dy: number): void
  hover(x: number, y: number): void
  leave(): void
  click(x: number, y: number): void
  /** A press or drag on the strip with the whole case. */
  jump(x: number): void
  inMap(y: number): boolean
  /** From one pixel to another, while it is drawn and when it is done. */
  readonly brush: ((fromX: number, toX: number, done: boolean) => void) | undefined
  /** To the next alarm. */
  step(direction: 1 | -1): void
  /** To the next item of the lane. */
  along(direction: 1 | -1): void
  /** To the lane above or below. */
  across(direction: 1 | -1): void
  /** Folds or unfolds the lanes of what is chosen. */
  fold(): void
  showAll(): void
  clear(): void
  /** The wheel was used on a timeline that has not been entered: the page scrolls, and a hint says how to zoom. */
  hint(): void
}

/** Pixels a pointer may move and still be a click. */
const clickSlack = 4

/** Listens on the canvas until the returned function is called. */
export function listen(canvas: HTMLCanvasElement, movements: Movements): () => void {
  const stop = new AbortController()
  const options = { signal: stop.signal }
  const pointers = new Map<number, { x: number; y: number; startX: number; startY: number }>()
  let dragged = false
  let jumping = false
  let brushing = false

  canvas.addEventListener(
    'wheel',
    (event) => {
      const zooms = event.ctrlKey || event.metaKey
      const lines = event.deltaMode === 1 ? 16 : 1
      if (!zooms && (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey)) {
        event.preventDefault()
        movements.pan((event.deltaX || event.deltaY) * lines, 0)
      } else if (movements.fills && !zooms) {
        event.preventDefault()
        movements.pan(event.deltaX * lines, event.deltaY * lines)
      } else if (zooms || document.activeElement === canvas) {
        event.preventDefault()
        // A trackpad's pinch comes as small steps with Ctrl held.
        const gain = zooms && Math.abs(event.deltaY) < 12 ? 0.01 : 0.002
        movements.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY * lines * gain))), event.offsetX)
      } else movements.hint()
    },
    { ...options, passive: false },
  )

  canvas.addEventListener(
    'pointerdown',
    (event) => {
      canvas.setPointerCapture(event.pointerId)
      const { offsetX: x, offsetY: y } = event
      pointers.set(event.pointerId, { x, y, startX: x, startY: y })
      dragged = pointers.size > 1
      jumping = pointers.size === 1 && movements.inMap(y)
      brushing = pointers.size === 1 && !jumping && event.shiftKey && movements.brush !== undefined
      if (jumping) movements.jump(x)
    },
    options,
  )

  canvas.addEventListener(
    'pointermove',
    (event) => {
      const { offsetX: x, offsetY: y } = event
      const known = pointers.get(event.pointerId)
      if (known === undefined) {
        movements.hover(x, y)
        return
      }
      const others = [...pointers].filter(([id]) => id !== event.pointerId)
      const [other] = others
      if (jumping) movements.jump(x)
      else if (brushing) movements.brush?.(known.startX, x, false)
      else if (other !== undefined) {
        const before = Math.abs(known.x - other[1].x)
        const after = Math.abs(x - other[1].x)
        if (before > 20 && after > 20) movements.zoom(before / after, (x + other[1].x) / 2)
        movements.pan((known.x - x) / 2, movements.fills ? (known.y - y) / 2 : 0)
      } else if (dragged || Math.hypot(x - known.startX, y - known.startY) > clickSlack) {
        dragged = true
        movements.pan(known.x - x, event.pointerType === 'touch' && !movements.fills ? 0 : known.y - y)
      }
      pointers.set(event.pointerId, { ...known, x, y })
    },
    options,
  )

  const up = (event: PointerEvent) => {
    const known = pointers.get(event.pointerId)
    pointers.delete(event.pointerId)
    if (known !== undefined && brushing) movements.brush?.(known.startX, event.offsetX, true)
    else if (known !== undefined && !dragged && !jumping && event.type === 'pointerup') {
      movements.click(event.offsetX, event.offsetY)
    }
    if (pointers.size === 0) [jumping, brushing] = [false, false]
  }
  canvas.addEventListener('pointerup', up, options)
  canvas.addEventListener('pointercancel', up, options)
  canvas.addEventListener('pointerleave', () => movements.leave(), options)
  canvas.addEventListener('dblclick', (event) => movements.zoom(0.4, event.offsetX), options)
  canvas.addEventListener('keydown', (event) => key(event, movements), options)
  return () => stop.abort()
}

function key(event: KeyboardEvent, movements: Movements): void {
  if (event.ctrlKey || event.metaKey) return
  if (event.altKey) {
    stepKey(event, movements)
    return
  }
  const step = event.shiftKey ? 320 : 80
  const acts: Readonly<Record<string, () => void>> = {
    w: () => movements.zoom(0.7),
    '+': () => movements.zoom(0.7),
    '=': () => movements.zoom(0.7),
    s: () => movements.zoom(1.4),
    '-': () => movements.zoom(1.4),
    a: () => movements.pan(-step, 0),
    d: () => movements.pan(step, 0),
    arrowleft: () => movements.pan(-step, 0),
    arrowright: () => movements.pan(step, 0),
    arrowup: () => movements.pan(0, -45),
    arrowdown: () => movements.pan(0, 45),
    n: () => movements.step(1),
    p: () => movements.step(-1),
    f: () => movements.fold(),
    home: () => movements.showAll(),
    0: () => movements.showAll(),
    escape: () => movements.clear(),
  }
  const name = event.key.toLowerCase()
  const act = Object.hasOwn(acts, name) ? acts[name] : undefined
  if (act === undefined) return
  event.preventDefault()
  act()
}

/** Alt and an arrow: from item to item along a lane, from lane to lane. */
function stepKey(event: KeyboardEvent, { along, across }: Movements): void {
  if (event.key === 'ArrowRight') along(1)
  else if (event.key === 'ArrowLeft') along(-1)
  else if (event.key === 'ArrowDown') across(1)
  else if (event.key === 'ArrowUp') across(-1)
  else return
  event.preventDefault()
}
