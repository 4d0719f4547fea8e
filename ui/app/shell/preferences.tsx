import { useState } from 'react'
import { Menu } from '../parts/menu.tsx'
import { askToNotify, beep } from '../state/alerts.ts'
import { changeSettings, type Settings, useSettings } from '../state/settings.ts'

const themes: readonly (readonly [Settings['theme'], string])[] = [
  ['system', 'as the system'],
  ['light', 'light'],
  ['dark', 'dark'],
]

/** Signals for new critical findings, theme, keys. */
export function Preferences({ showHelp }: { showHelp: () => void }) {
  const settings = useSettings()
  const [said, setSaid] = useState('')
  const signals = [settings.sound && 'sound', settings.desktop && 'desktop'].filter(Boolean)
  const setDesktop = async (isOn: boolean) => {
    if (!isOn) return changeSettings({ desktop: false })
    const answer = await askToNotify()
    changeSettings({ desktop: answer === 'granted' })
    if (answer !== 'granted') {
      setSaid(
        answer === 'denied'
          ? 'The browser does not let this page notify. Allow it in the settings of the site.'
          : 'This browser can’t notify.',
      )
    }
  }
  return (
    <Menu
      align="right"
      label={
        <>
          <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 2a4 4 0 0 0-4 4v3l-1.5 3h11L12 9V6a4 4 0 0 0-4-4zM6.5 14h3" />
            {signals.length === 0 && <path d="M2 2l12 12" />}
          </svg>
          {signals.length === 0 ? 'Signals off' : signals.join(', ')}
        </>
      }
      name={`Signals and display; signals ${signals.length === 0 ? 'off' : `on: ${signals.join(', ')}`}`}
    >
      {(close) => (
        <div className="preferences">
          <fieldset>
            <legend>On a new critical finding</legend>
            <label>
              <input
                type="checkbox"
                checked={settings.sound}
                onChange={(event) => {
                  changeSettings({ sound: event.target.checked })
                  if (event.target.checked) beep()
                }}
              />
              a tone
            </label>
            <label>
              <input
                type="checkbox"
                checked={settings.desktop}
                onChange={(event) => void setDesktop(event.target.checked)}
              />
              a desktop notification
            </label>
            <p className="quiet" aria-live="polite">
              {said || 'A banner appears in any case.'}
            </p>
          </fieldset>
          <fieldset>
            <legend>Theme</legend>
            {themes.map(([theme, label]) => (
              <label key={theme}>
                <input
                  type="radio"
                  name="theme"
                  checked={settings.theme === theme}
                  onChange={() => changeSettings({ theme })}
                />
                {label}
              </label>
            ))}
          </fieldset>
          <fieldset>
            <legend>Keys</legend>
            <label>
              <input
                type="checkbox"
                checked={settings.keys}
                onChange={(event) => changeSettings({ keys: event.target.checked })}
              />
              single keys as shortcuts
            </label>
            <button
              type="button"
              onClick={() => {
                close()
                showHelp()
              }}
            >
              Show all keys
            </button>
          </fieldset>
        </div>
      )}
    </Menu>
  )
}
