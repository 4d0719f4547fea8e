// A button with a panel below it: closed by Escape, by a click elsewhere and when focus leaves.

import { type ReactNode, useEffect, useId, useRef, useState } from 'react'

interface MenuProps {
  readonly label: ReactNode
  /** Where the label alone does not say what the button is for. */
  readonly name?: string
  readonly className?: string
  readonly align?: 'left' | 'right'
  readonly children: (close: () => void) => ReactNode
}

export function Menu({ label, name, className = '', align = 'left', children }: MenuProps) {
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!isOpen) return
    const outside = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false)
    }
    document.addEventListener('pointerdown', outside)
    document.addEventListener('focusin', outside)
    return () => {
      document.removeEventListener('pointerdown', outside)
      document.removeEventListener('focusin', outside)
    }
  }, [isOpen])
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes it from wherever in it the focus is.
    <div
      ref={box}
      className={`menu ${className}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return
        event.stopPropagation()
        close()
      }}
    >
      <button
        ref={button}
        type="button"
        className="menu-button"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-label={name}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && (
        <div id={id} className={`menu-panel menu-${align}`}>
          {children(close)}
        </div>
      )}
    </div>
  )
}
