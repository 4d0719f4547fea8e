import { visible } from '../../../../src/base/terminal.ts'
import { count, counted, spanText } from '../../../../src/exporters/words.ts'
import type { CompareAnswer, EpisodeRow } from '../../../../src/server/api.ts'
import { bytesText } from '../../format/bytes.ts'
import { usOf } from '../../format/moment.ts'
import { ask } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { Drawer } from '../../parts/drawer.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Severity } from '../../parts/pill.tsx'
import { Await } from '../../parts/states.tsx'
import { Link } from '../../routing/link.tsx'
import { rangeBetween } from '../../routing/range.ts'
import { EpisodeCalls } from './episode-calls.tsx'
import { boxesText, episodeText } from './episode-text.ts'

interface EpisodeDrawerProps {
  readonly source: string
  readonly uid: string
  /** As the table has it; asked for when a link led here. */
  readonly row: EpisodeRow | undefined
  readonly onClose: () => void
}

export function EpisodeDrawer({ source, uid, row, onClose }: EpisodeDrawerProps) {
  const asked = useLoad(row ? undefined : `episode ${source} ${uid}`, async (signal) => {
    const path = `/sources/${encodeURIComponent(source)}/compare`
    return (await ask<CompareAnswer>(path, { left: uid }, signal)).left
  })
  const known = row ?? asked.value
  return (
    <Drawer title={known ? episodeText(known) : 'Episode'} about={uid} onClose={onClose}>
      {known ? (
        <About source={source} row={known} />
      ) : (
        <Await loaded={asked} what="Looking for the episode…">
          {(found) => <About source={source} row={found} />}
        </Await>
      )}
      <EpisodeCalls source={source} episode={uid} />
    </Drawer>
  )
}

function About({ source, row }: { source: string; row: EpisodeRow }) {
  const [from, to] = [usOf(row.firstTime), usOf(row.lastTime)]
  const span = from === undefined || to === undefined ? undefined : rangeBetween(from, to + 1_000_000)
  return (
    <>
      <p className="drawer-links">
        <Link to={{ view: 'compare', source, params: { left: row.uid } }}>Compare with its sibling</Link>
        <Link to={{ view: 'egress', source, params: { level: 'call', episode: row.uid } }}>
          What it reached
        </Link>
        {span && <Link to={{ view: 'timeline', source, params: { ...span } }}>On the timeline</Link>}
      </p>
      <KeyValues
        rows={[
          ['Run', row.run !== null && visible(row.run.slice(0, 300))],
          ['Sandbox', <code key="b">{boxesText(row)}</code>],
          ['Training step', row.step],
          ['Weights', row.policyVersion !== null && visible(row.policyVersion.slice(0, 100))],
          ['Reward', row.reward],
          ['Began', <Moment key="f" iso={row.firstTime} digits={3} />],
          [
            'Lasted',
            from !== undefined && to !== undefined && to > from ? spanText((to - from) / 1000) : null,
          ],
          [
            'Caused',
            `${counted(row.events, 'event')}, ${count(row.denied)} denied; ${counted(row.destinations, 'destination')}`,
          ],
          ['Sent', row.bytesOut !== null && bytesText(Number(row.bytesOut))],
          ['Received', row.bytesIn !== null && bytesText(Number(row.bytesIn))],
          [
            'Findings',
            row.findings > 0 && (
              <span key="n">
                {count(row.findings)}
                {row.worst !== null && (
                  <>
                    , at worst <Severity severity={row.worst} />
                  </>
                )}
              </span>
            ),
          ],
        ]}
      />
    </>
  )
}
