// Small drawings of our own beside words; never without the word.

import type { View } from '../routing/place.ts'

const paths: Readonly<Record<string, string>> = {
  sources: 'M2 4h12M2 8h12M2 12h12',
  overview: 'M2 9h5V2H2zM9 14h5V7H9zM2 14h5v-2H2zM9 4h5V2H9z',
  run: 'M4 2.5v11L13 8z',
  follow: 'M1 8h3l2-5 4 10 2-5h3',
  incidents: 'M8 2 15 14H1zM8 6.5v3.5M8 12v.5',
  alarms: 'M8 2a4 4 0 0 0-4 4v3l-1.5 3h11L12 9V6a4 4 0 0 0-4-4zM6.5 14h3',
  timeline: 'M1 3h7M5 7h8M3 11h5M11 11h4M1 14.5h14',
  episodes: 'M2 3h12v3H2zM2 8h12v2H2zM2 12h12v2H2z',
  egress: 'M1 8h6M7 8l6-4M7 8l6 4M7 8h6M14 4h.5M14 8h.5M14 12h.5',
  query: 'M2 3l4 4-4 4M8 12h6',
  coverage: 'M8 1.5a6.5 6.5 0 1 0 6.5 6.5H8z',
  contain: 'M4 7V5a4 4 0 0 1 8 0v2M3 7h10v7H3z',
}

export function Icon({ name }: { name: View }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M10 1 18 4v6c0 4.6-3.2 7.6-8 9-4.8-1.4-8-4.4-8-9V4z" />
      <path className="inner" d="M6 9.5 9 12.6l5.2-5.8" />
    </svg>
  )
}
