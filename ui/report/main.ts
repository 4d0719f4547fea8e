// Wakes the page up: what the exporter wrote stays readable if any part of this fails.

import { type Case, readCase } from './case.ts'
import { byId, h } from './dom.ts'
import { mountSettings } from './settings.ts'
import { enhanceTable } from './table.ts'
import { mountTimeline } from './timeline-view.ts'
import { mountWhy } from './why-view.ts'
import './report.css'

function start(): void {
  document.documentElement.classList.add('scripted')
  const theCase = readCase(byId('vigiles-data')?.textContent ?? '')
  mountSettings()
  part('timeline-view', (host) => mountTimeline(host, theCase))
  part('why-view', (host) => mountWhy(host, theCase))
  for (const table of document.querySelectorAll<HTMLTableElement>('main table[id]')) enhanceTable(table)
  markSection()
}

/** A part that fails says so in its place; the others go on. */
function part(id: string, mount: (host: HTMLElement, theCase?: Case) => void): void {
  const host = byId(id)
  if (host === undefined) return
  try {
    mount(host)
  } catch (error) {
    console.error(error)
    host.prepend(h('p', { class: 'failed', role: 'alert' }, `This part could not be drawn: ${String(error)}`))
  }
}

/** Marks the section being read in the table of contents. */
function markSection(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>('nav a')].map((link) => [link.hash.slice(1), link]),
  )
  const inView = new Set<string>()
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) inView.add(target.id)
        else inView.delete(target.id)
      }
      const [current] = [...links.keys()].filter((id) => inView.has(id))
      for (const [id, link] of links) {
        if (id === current) link.setAttribute('aria-current', 'true')
        else link.removeAttribute('aria-current')
      }
    },
    { rootMargin: '-10% 0px -60% 0px' },
  )
  for (const id of links.keys()) {
    const section = byId(id)
    if (section) observer.observe(section)
  }
}

start()
