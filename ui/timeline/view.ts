// The span in view, and how it moves. Pure: the picture and the input both lean on it.

export interface View {
  readonly fromUs: number
  readonly toUs: number
  /** Pixels the lanes are scrolled down. */
  readonly scroll: number
}

export interface Bounds {
  readonly fromUs: number
  readonly toUs: number
}

/** Never narrower than 50 µs; a fifth of the span may be empty at either side. */
const narrowestUs = 50

export function clampView(view: View, bounds: Bounds, scrollMax: number): View {
  const whole = bounds.toUs - bounds.fromUs
  const room = Math.max(narrowestUs, whole * 1.4)
  const span = Math.min(room, Math.max(narrowestUs, view.toUs - view.fromUs))
  const least = bounds.fromUs - whole * 0.2 - narrowestUs
  const most = bounds.toUs + whole * 0.2 + narrowestUs
  let fromUs = view.fromUs
  if (!Number.isFinite(fromUs)) fromUs = least
  fromUs = Math.max(least, Math.min(fromUs, most - span))
  return { fromUs, toUs: fromUs + span, scroll: Math.max(0, Math.min(view.scroll, scrollMax)) }
}

/** Zooms by `factor` (below 1: closer) and keeps the moment at `share` (0–1 of the width) in place. */
export function zoomed(view: View, factor: number, share: number): View {
  const span = view.toUs - view.fromUs
  const fixed = view.fromUs + span * share
  const next = span * factor
  return { ...view, fromUs: fixed - next * share, toUs: fixed + next * (1 - share) }
}

export function panned(view: View, share: number): View {
  const by = (view.toUs - view.fromUs) * share
  return { ...view, fromUs: view.fromUs + by, toUs: view.toUs + by }
}
