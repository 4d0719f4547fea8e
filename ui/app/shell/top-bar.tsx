import { type LiveState, useLiveState } from '../net/live.ts'
import { useRoom } from '../net/sources.ts'
import { Preferences } from './preferences.tsx'
import { RangeMenu } from './range-menu.tsx'
import { SourcePicker } from './source-picker.tsx'
import { ZoneSelect } from './zone-select.tsx'

const liveWords: Readonly<Record<LiveState, string>> = {
  connecting: 'connecting',
  open: 'live feed',
  lost: 'feed lost, trying again',
}

export function TopBar({ showHelp }: { showHelp: () => void }) {
  const live = useLiveState()
  const { session } = useRoom()
  return (
    <header className="top">
      <SourcePicker />
      <RangeMenu />
      <div className="top-tools">
        <span className={`feed feed-${live}`} role="status">
          {liveWords[live]}
        </span>
        {session.role === 'reader' && <span className="role">only to look</span>}
        <ZoneSelect />
        <Preferences showHelp={showHelp} />
        <button type="button" onClick={showHelp} aria-label="Keys" className="help-button">
          ?
        </button>
      </div>
    </header>
  )
}
