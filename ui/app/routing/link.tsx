import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from 'react'
import { go, withRange } from './navigate.ts'
import { addressOf, type Place } from './place.ts'

interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  readonly to: Place
  readonly children: ReactNode
}

/** A link within the page: a plain click does not load anew, any other click is the browser's. */
export function Link({ to, children, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(to)
  }
  return (
    <a {...rest} href={addressOf(withRange(to))} onClick={follow}>
      {children}
    </a>
  )
}
