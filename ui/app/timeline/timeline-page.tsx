import { useCallback, useEffect, useRef, useState } from 'react'
import { count } from '../../../src/exporters/words.ts'
import type { TimelineAnswer } from '../../../src/server/api.ts'
import type { FoundItem } from '../../timeline/tiled-source.ts'
import type { Item, Lane } from '../../timeline/types.ts'
import { usOf } from '../format/moment.ts'
import { ask, type ProblemText, problemTextOf } from '../net/client.ts'
import { useLiveTurn } from '../net/live.ts'
import { useLoad } from '../net/use-load.ts'
import { Await, Empty, ProblemPanel } from '../parts/states.tsx'
import { setRange, useParam, useRange } from '../routing/navigate.ts'
import { rangeBetween } from '../routing/range.ts'
import type { ViewProps } from '../shell/main-view.tsx'
import { useSettings } from '../state/settings.ts'
import { Canvas, type Handle } from './canvas.tsx'
import { InViewList } from './in-view-list.tsx'
import { ItemDrawer } from './item-drawer.tsx'
import './timeline-page.css'
import { groupingOf, Tools } from './tools.tsx'

const aroundUs = 30e6
/** Kinds whose uid is the case's own. */
const lasting: readonly string[] = ['call', 'connection', 'dns', 'api', 'alarm', 'finding', 'incident']
/** A live run is asked anew at most this often: each time its timeline is built again. */
const againMs = 10_000

export function TimelinePage({ source }: ViewProps) {
  const [by] = useParam('by')
  const grouping = groupingOf(by)
  const loaded = useLoad(
    `timeline ${source} ${grouping}`,
    (signal) => ask<TimelineAnswer>(`/sources/${encodeURIComponent(source)}/timeline`, { grouping }, signal),
    { keep: true },
  )
  const { reload } = loaded
  const turn = useLiveTurn(['source', 'finding', 'act'], source)
  const asked = useRef(0)
  useEffect(() => {
    if (turn === 0) return
    const timer = setTimeout(
      () => {
        asked.current = Date.now()
        reload()
      },
      Math.max(0, asked.current + againMs - Date.now()),
    )
    return () => clearTimeout(timer)
  }, [turn, reload])
  return (
    <>
      <h1>Timeline</h1>
      <Await loaded={loaded} what="Reading the timeline…">
        {(outline) => <Drawn source={source} outline={outline} onStale={reload} />}
      </Await>
    </>
  )
}

function Drawn({
  source,
  outline: latest,
  onStale,
}: {
  source: string
  outline: TimelineAnswer
  onStale: () => void
}) {
  // The same case with the same lanes keeps its canvas, however often it is asked for.
  const held = useRef(latest)
  if (held.current.version !== latest.version || held.current.grouping !== latest.grouping)
    held.current = latest
  const outline = held.current
  const { grouping } = outline
  const handle = useRef<Handle>(null)
  const [, setBy] = useParam('by')
  const [item, setItem] = useParam('item')
  const [text, setText] = useState('')
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const [found, setFound] = useState<FoundItem>()
  const [problem, setProblem] = useState<ProblemText>()
  const [clock, setClock] = useState<string>()
  const [isListed, setListed] = useState(false)
  const [turn, setTurn] = useState(0)
  const range = useRange()
  const { zone, theme } = useSettings()

  const prepare = useCallback(
    (made: Handle, isFirst: boolean) => {
      const { timeline } = made
      timeline.setBrush(range && brushOf(range))
      timeline.setShown(shownLanes(made.source.lanes, text, hidden))
      timeline.setZone(zone)
      if (clock !== undefined) timeline.setClock(clock)
      if (isFirst && range) timeline.show(brushOf(range).fromUs, brushOf(range).toUs)
      if (item !== '') timeline.select(item)
      if (isFirst && !range && item !== '') {
        made.source.details(item).then(
          (answer) => answer && timeline.show(...around(answer.item)),
          () => {}, // Said where the details are asked for.
        )
      }
    },
    [range, text, hidden, zone, item, clock],
  )

  // biome-ignore lint/correctness/useExhaustiveDependencies: an item chosen on the canvas is already marked there.
  useEffect(() => {
    if (handle.current) handle.current.timeline.setBrush(range && brushOf(range))
  }, [range?.from, range?.to])
  useEffect(() => handle.current?.timeline.setZone(zone), [zone])
  useEffect(() => {
    const { timeline, source: drawn } = handle.current ?? {}
    if (timeline && drawn) timeline.setShown(shownLanes(drawn.lanes, text, hidden))
  }, [text, hidden])
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read anew when the theme is another.
  useEffect(() => {
    const redraw = () => handle.current?.timeline.redraw()
    redraw()
    const media = matchMedia('(prefers-color-scheme: dark)')
    media.addEventListener('change', redraw)
    return () => media.removeEventListener('change', redraw)
  }, [theme])

  // What the address names is looked up, whoever put it there.
  useEffect(() => {
    let gone = false
    if (item === '') setFound(undefined)
    else {
      handle.current?.source.details(item).then(
        (answer) => {
          if (gone) return
          setFound(answer ?? undefined)
          // Numbers are of this state of the case only; a link should outlast it.
          if (answer !== null && item.startsWith('#') && lasting.includes(answer.kind)) setItem(answer.uid)
          setProblem(answer === null ? { what: 'This item is not on the timeline of this case.' } : undefined)
        },
        (error) => !gone && setProblem(problemTextOf(error)),
      )
    }
    return () => {
      gone = true
    }
  }, [item, setItem])

  // Whoever goes from item to item by keys stays on the canvas while the details change beside it.
  const fromCanvas = useRef(false)
  useEffect(() => {
    if (found && fromCanvas.current) document.querySelector<HTMLElement>('.timeline canvas')?.focus()
  }, [found])

  const goTo = (id: string) => {
    fromCanvas.current = false
    setItem(id)
    handle.current?.timeline.select(id)
  }
  const select = (chosen: Item | undefined) => {
    fromCanvas.current = true
    setItem(chosen?.id ?? '')
  }

  if (outline.lanes.label.length === 0) {
    return (
      <Empty title="Nothing in this case has a time that can be drawn.">
        Coverage tells what each input gave and what was refused.
      </Empty>
    )
  }
  return (
    <>
      <Tools
        outline={outline}
        grouping={groupingOf(grouping)}
        onGrouping={setBy}
        text={text}
        onText={setText}
        hidden={hidden}
        onKind={(kind) => {
          const next = new Set(hidden)
          if (!next.delete(kind)) next.add(kind)
          setHidden(next)
        }}
        onFold={(folded) => handle.current?.timeline.foldAll(folded)}
        onAll={() => handle.current?.timeline.showAll()}
        onFit={(fromUs, toUs) => handle.current?.timeline.show(fromUs, toUs)}
        onClock={(name) => {
          setClock(name)
          handle.current?.timeline.setClock(name)
        }}
      />
      <Notes outline={outline} />
      {problem && <ProblemPanel problem={problem} />}
      <div className="timeline-view">
        <Canvas
          source={source}
          outline={outline}
          handle={handle}
          onReady={prepare}
          onSelect={select}
          onBrush={(chosen) =>
            setRange(chosen && rangeBetween(Math.floor(chosen.fromUs), Math.ceil(chosen.toUs)))
          }
          onView={() => isListed && setTurn((n) => n + 1)}
          onProblem={setProblem}
          onStale={onStale}
        />
        {found && (
          <ItemDrawer
            source={source}
            found={found}
            onGo={goTo}
            onClose={() => {
              setItem('')
              handle.current?.timeline.select(undefined)
            }}
          />
        )}
      </div>
      <div className="timeline-tools">
        <Legend />
        <button type="button" className="grow" aria-expanded={isListed} onClick={() => setListed(!isListed)}>
          {isListed ? 'Hide the list' : 'List what is in view'}
        </button>
      </div>
      {isListed && <InViewList handle={handle} turn={turn} onPick={(picked) => goTo(picked.id)} />}
    </>
  )
}

/** Who comes for one item sees it with what was before and after. */
function around({ from, length }: FoundItem['item']): [number, number] {
  const room = Math.max(aroundUs, length * 0.2)
  return [from - room, from + length + room]
}

function brushOf({ from, to }: { from: string; to: string }): { fromUs: number; toUs: number } {
  return { fromUs: usOf(from) ?? 0, toUs: usOf(to) ?? 0 }
}

/** Pinned lanes stay, whatever name is looked for; of a group, all lanes whose name or whose group's name fits. */
function shownLanes(
  lanes: readonly Lane[],
  text: string,
  hidden: ReadonlySet<string>,
): ((lane: Lane) => boolean) | undefined {
  const wanted = text.trim().toLowerCase()
  if (wanted === '' && hidden.size === 0) return undefined
  const groups = new Set<string>()
  for (const { group, label } of lanes) {
    if (group !== undefined && label.toLowerCase().includes(wanted)) groups.add(group)
  }
  return ({ group, kind }) =>
    !hidden.has(kind ?? '') && (group === undefined || wanted === '' || groups.has(group))
}

function Notes({ outline: { withoutTime, leftOut } }: { outline: TimelineAnswer }) {
  if (withoutTime === 0 && leftOut === 0) return null
  return (
    <p className="quiet">
      {withoutTime > 0 && `${count(withoutTime)} records without a readable time are not drawn. `}
      {leftOut > 0 && `${count(leftOut)} records beyond the most that a timeline holds are not drawn.`}
    </p>
  )
}

function Legend() {
  return (
    <ul className="timeline-legend">
      <li>
        <i className="grave" />
        part of a finding
      </li>
      <li>
        <i className="cause" />
        cause known (p at least 0.9)
      </li>
      <li>
        <i className="likely" />
        cause likely (p 0.5 to 0.9)
      </li>
      <li>
        <i className="open" />
        no call found
      </li>
      <li>
        <i className="plain" />
        call without network events
      </li>
    </ul>
  )
}
