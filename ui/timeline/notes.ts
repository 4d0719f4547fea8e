// What lies over the canvas: the tip, the hint, and what is said to readers who cannot see it.

export interface Notes {
  readonly elements: readonly HTMLElement[]
  tip(lines: readonly string[] | undefined, x: number, y: number): void
  hint(): void
  say(text: string): void
  stop(): void
}

export function notes(host: HTMLElement): Notes {
  const tip = document.createElement('div')
  tip.className = 'timeline-tip'
  tip.hidden = true
  const hint = document.createElement('div')
  hint.className = 'timeline-hint'
  hint.textContent = 'Click the timeline first, then the wheel zooms; or hold Ctrl.'
  hint.hidden = true
  const said = document.createElement('div')
  said.setAttribute('aria-live', 'polite')
  Object.assign(said.style, {
    position: 'absolute',
    width: '1px',
    height: '1px',
    overflow: 'hidden',
    clipPath: 'inset(50%)',
    whiteSpace: 'nowrap',
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    elements: [tip, hint, said],
    tip(lines, x, y) {
      tip.hidden = lines === undefined
      if (lines === undefined) return
      tip.replaceChildren(
        ...lines.map((text, i) => {
          const line = document.createElement(i === 0 ? 'b' : 'span')
          line.textContent = text
          return line
        }),
      )
      const room = host.clientWidth - tip.offsetWidth - 8
      tip.style.left = `${Math.max(4, Math.min(room, x + 14))}px`
      const below = y + 18 + tip.offsetHeight < host.clientHeight
      tip.style.top = `${below ? y + 18 : Math.max(4, y - tip.offsetHeight - 12)}px`
    },
    hint() {
      hint.hidden = false
      clearTimeout(timer)
      timer = setTimeout(() => {
        hint.hidden = true
      }, 1600)
    },
    say(text) {
      said.textContent = text
    },
    stop() {
      clearTimeout(timer)
    },
  }
}
