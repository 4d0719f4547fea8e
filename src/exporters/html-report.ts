// The report: one file that works offline. What must be readable without a script is written here as HTML; the
// template's script then adds the timeline, the candidates of each alarm, sorting and the choice of time zone.

import { parseIso } from '../base/time.ts'
import type { ReportData } from './api.ts'
import { embedJson, type Html, html } from './html.ts'
import * as back from './report-back.ts'
import { actionsSection, verdictSection } from './report-front.ts'
import { incidentsSection } from './report-incidents.ts'
import { boundReport } from './report-limits.ts'
import { moment, section } from './report-parts.ts'

/** Where the template wants its three parts. */
export const placeholders = {
  title: '@vigiles:title@',
  page: '@vigiles:page@',
  data: '@vigiles:data@',
} as const

/**
 * Fills the template that `tools/build-report.ts` makes. Pure; hostile text in `data` stays text. Lists are cut to
 * `reportLimits` and the cuts are said on the page.
 */
export function renderReport(data: ReportData, template: string): string {
  const bounded = boundReport(data)
  // Cut first, then join: a placeholder that stands in a log is never looked for.
  const [head, afterTitle] = split(template, placeholders.title)
  const [body, afterPage] = split(afterTitle, placeholders.page)
  const [script, tail] = split(afterPage, placeholders.data)
  return [
    head,
    html`Vigiles: ${bounded.summary.verdict.slice(0, 120)}`.html,
    body,
    page(bounded).html,
    script,
    embedJson(bounded),
    tail,
  ].join('')
}

function split(text: string, at: string): [string, string] {
  const index = text.indexOf(at)
  if (index < 0) throw new TypeError(`the report template lacks ${at}: build it with tools/build-report.ts`)
  return [text.slice(0, index), text.slice(index + at.length)]
}

const contents = [
  ['verdict', 'Verdict'],
  ['actions', 'What to do now'],
  ['incidents', 'Incidents'],
  ['timeline', 'Timeline'],
  ['why', 'Why'],
  ['hypotheses', 'Explanations'],
  ['tests', 'Against chance'],
  ['episodes', 'Episodes'],
  ['clocks', 'Clocks'],
  ['unread', 'Not read'],
  ['unanswered', 'Not attributed'],
  ['methods', 'Methods'],
  ['inputs', 'Inputs'],
] as const

function page(data: ReportData): Html {
  const { first, last } = range(data)
  return html`<a class="skip" href="#verdict">Skip to the verdict</a>
<header class="top"><div class="brand"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 1 18 4v6c0 4.6-3.2 7.6-8 9-4.8-1.4-8-4.4-8-9V4z"/><path class="inner" d="M6 9.5 9 12.6l5.2-5.8"/></svg><b>Vigiles</b><span>investigation</span></div>
<div class="range">${first !== null && html`${moment(first, 0)} <span class="quiet">to</span> ${moment(last, 0)}`}</div>
<div class="controls needs-script"><label><span>Times in</span> <select id="zone"><option value="utc">UTC</option><option value="local">local time</option></select></label><label><span>Theme</span> <select id="theme"><option value="auto">system</option><option value="light">light</option><option value="dark">dark</option></select></label></div></header>
<div class="frame"><nav aria-label="Contents"><ol>${contents.map(([id, label]) => html`<li><a href="#${id}">${label}</a></li>`)}</ol></nav>
<main>
${verdictSection(data)}
${actionsSection(data)}
${incidentsSection(data)}
${timelineSection()}
${back.whySection(data)}
${back.hypothesesSection(data)}
${back.testsSection(data)}
${back.episodesSection(data)}
${back.clocksSection(data)}
${back.unreadSection(data)}
${back.unansweredSection(data)}
${back.methodsSection(data)}
${back.inputsSection(data)}
<footer>Written by Vigiles ${data.summary.version}. This file holds everything it shows and asks the network for nothing.</footer>
</main></div>`
}

function timelineSection(): Html {
  return section(
    'timeline',
    'Timeline',
    'Tool calls by sandbox above, network events below; a line joins a call to what it is held to have caused, heavier the more probable.',
    html`<div id="timeline-view"><p class="quiet">The timeline needs JavaScript. Without it, the table of alarms below holds the same answers.</p></div>`,
  )
}

/** First and last moment of anything on the page. */
function range(data: ReportData): { first: string | null; last: string | null } {
  let first: string | null = null
  let last: string | null = null
  let firstUs = Number.POSITIVE_INFINITY
  let lastUs = Number.NEGATIVE_INFINITY
  const times = [
    ...data.attributions.map((line) => line.event.time),
    ...data.summary.incidents.flatMap((incident) => [incident.firstSeen, incident.lastSeen]),
    ...data.episodes.flatMap((episode) => [episode.firstTime, episode.lastTime]),
  ]
  for (const iso of times) {
    const us = parseIso(iso)?.us
    if (us === undefined) continue
    if (us < firstUs) [firstUs, first] = [us, iso]
    if (us > lastUs) [lastUs, last] = [us, iso]
  }
  return { first, last }
}
