// The page around the views: who looks and at what is asked once, then the view of the address is shown.

import { useCallback, useEffect, useMemo, useState } from 'react'
import type { Session, SourceList } from '../../../src/server/api.ts'
import { ask } from '../net/client.ts'
import { openLive, useLive, useLiveTurn } from '../net/live.ts'
import { type Room, RoomContext } from '../net/sources.ts'
import { useLoad } from '../net/use-load.ts'
import { Loading, ProblemPanel } from '../parts/states.tsx'
import { usePlace } from '../routing/navigate.ts'
import { alarm } from '../state/alerts.ts'
import { Banners } from './banners.tsx'
import { HelpDialog } from './help.tsx'
import { useKeys } from './keys.ts'
import { Main } from './main-view.tsx'
import { Navigation } from './navigation.tsx'
import { TopBar } from './top-bar.tsx'

export function App() {
  const session = useLoad('session', (signal) => ask<Session>('/session', {}, signal))
  if (session.value) return <Page session={session.value} />
  if (!session.problem) return <Loading what="Connecting…" />
  return (
    <main className="alone">
      <h1>Vigiles</h1>
      <ProblemPanel problem={session.problem} onRetry={session.reload} />
    </main>
  )
}

function Page({ session }: { session: Session }) {
  const place = usePlace()
  const [isHelpShown, setHelpShown] = useState(false)
  const showHelp = useCallback(() => setHelpShown(true), [])
  useEffect(openLive, [])
  useLive(alarm)
  useKeys(place?.source, showHelp)
  const turn = useLiveTurn(['source'])
  const listed = useLoad(`sources ${turn}`, (signal) => ask<SourceList>('/sources', {}, signal), {
    keep: true,
  })
  const room = useMemo<Room>(
    () => ({ session, sources: { ...listed, value: listed.value?.sources } }),
    [session, listed],
  )
  return (
    <RoomContext value={room}>
      <a className="skip" href="#main">
        Skip to the view
      </a>
      <div className="frame">
        <Navigation version={session.version} />
        <div className="body">
          <TopBar showHelp={showHelp} />
          <Banners />
          <Main />
        </div>
      </div>
      {isHelpShown && <HelpDialog onClose={() => setHelpShown(false)} />}
    </RoomContext>
  )
}
