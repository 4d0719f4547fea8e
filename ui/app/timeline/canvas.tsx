// The canvas as a component: made anew when the case or the grouping changes, moved by its handle otherwise.

import { type RefObject, useEffect, useRef } from 'react'
import { counted } from '../../../src/exporters/words.ts'
import type { TimelineAnswer } from '../../../src/server/api.ts'
import { type TiledSource, tiledSource } from '../../timeline/tiled-source.ts'
import { momentText } from '../../timeline/time-text.ts'
import { createTimeline } from '../../timeline/timeline.ts'
import '../../timeline/timeline.css'
import type { Item, Range, Timeline } from '../../timeline/types.ts'
import { type ProblemText, problemTextOf, Refused } from '../net/client.ts'
import { currentSettings } from '../state/settings.ts'
import { transportOf } from './transport.ts'

export interface Handle {
  readonly timeline: Timeline
  readonly source: TiledSource
}

interface CanvasProps {
  readonly source: string
  readonly outline: TimelineAnswer
  readonly handle: RefObject<Handle | null>
  /** Called when the handle is there, again after it was made anew; then it shows the same span as before. */
  readonly onReady: (handle: Handle, isFirst: boolean) => void
  readonly onSelect: (item: Item | undefined) => void
  readonly onBrush: (range: Range | undefined) => void
  readonly onView: () => void
  /** Undefined when what had failed has worked. */
  readonly onProblem: (problem: ProblemText | undefined) => void
  /** The case is another by now. */
  readonly onStale: () => void
}

export function Canvas(props: CanvasProps) {
  const { source: id, outline, handle } = props
  const host = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  const span = useRef<Range>(undefined)

  useEffect(() => {
    const element = host.current
    if (!element) return
    const transport = transportOf(id, outline)
    let hasFailed = false
    const tiles: typeof transport.tiles = async (ask, signal) => {
      const answer = await transport.tiles(ask, signal)
      if (hasFailed) latest.current.onProblem(undefined)
      hasFailed = false
      return answer
    }
    const source = tiledSource(outline, { ...transport, tiles }, (error) => {
      if (error instanceof Refused && error.status === 409) {
        latest.current.onStale()
        return
      }
      hasFailed = true
      latest.current.onProblem(problemTextOf(error))
    })
    const timeline = createTimeline(element, source, {
      zone: currentSettings().zone,
      label: labelOf(outline),
      fills: true,
      announces: true,
      onSelect: (item) => latest.current.onSelect(item),
      onBrush: (range) => latest.current.onBrush(range),
      onView() {
        if (handle.current) span.current = handle.current.timeline.span()
        latest.current.onView()
      },
      describe: (item) => describe(item, source),
    })
    handle.current = { timeline, source }
    // The same place in time as before, when only the lanes are others.
    const before = span.current
    if (before) timeline.show(...inner(before))
    latest.current.onReady(handle.current, before === undefined)
    return () => {
      handle.current = null
      timeline.destroy()
    }
  }, [id, outline, handle])

  return <div ref={host} className="timeline" />
}

/** `show` adds a margin; this takes it off first. */
function inner({ fromUs, toUs }: Range): [number, number] {
  const room = ((toUs - fromUs) * 0.06) / 1.12
  return [fromUs + room, toUs - room]
}

function labelOf({ counts }: TimelineAnswer): string {
  const what = Object.entries(counts).map(([kind, n]) => counted(n, kind))
  return `Timeline of ${what.join(', ')}. Keys: W and S zoom, A and D or arrows move, N and P go from alarm to alarm, Alt with an arrow from item to item and lane to lane, F folds the lanes of the item's group, Home shows everything, Shift and dragging chooses a span. The list below holds what is in view.`
}

export function describe(item: Item, source: Pick<TiledSource, 'lanes'>): readonly string[] {
  const lane = source.lanes[item.lane]
  const at = momentText(item.fromUs, currentSettings().zone, item.count === undefined ? 3 : 0)
  const where = lane === undefined ? '' : lane.label
  const what =
    item.count === undefined ? item.label : `${counted(item.count, 'item')}, ${toneWords[item.tone]}`
  return [what, at, where, item.count === undefined ? toneWords[item.tone] : item.label].filter(
    (text) => text !== '',
  )
}

export const toneWords: Readonly<Record<Item['tone'], string>> = {
  grave: 'part of a finding',
  cause: 'cause known',
  likely: 'cause likely',
  plain: 'without network events',
  open: 'no call found',
}
