// Details beside what they are about. Not modal: the list stays usable.

import { type ReactNode, useEffect, useId, useRef } from 'react'

interface DrawerProps {
  readonly title: ReactNode
  readonly onClose: () => void
  readonly children: ReactNode
  /** Changes with what is shown, so that focus and scroll start anew. */
  readonly about: string
}

export function Drawer({ title, onClose, children, about }: DrawerProps) {
  const id = useId()
  const box = useRef<HTMLElement>(null)
  const before = useRef<Element | null>(null)
  useEffect(() => {
    before.current = document.activeElement
    return () => {
      if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus()
    }
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown has changed.
  useEffect(() => {
    box.current?.scrollTo(0, 0)
    box.current?.focus()
  }, [about])
  return (
    <aside
      ref={box}
      className="drawer"
      aria-labelledby={id}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onClose()
      }}
    >
      <header className="drawer-head">
        <h2 id={id}>{title}</h2>
        <button type="button" onClick={onClose} aria-label="Close the details">
          Close
        </button>
      </header>
      {children}
    </aside>
  )
}
