// The first screen: what happened and what to do.

import { severities } from '../schema/event.ts'
import type { IncidentSummary } from '../schema/summary.ts'
import type { ReportData } from './api.ts'
import { type Html, html } from './html.ts'
import { type Action, alarmHistogram, evidenceClock, joinActions, othersAt } from './report-model.ts'
import { moment, pill, section } from './report-parts.ts'
import { count, counted } from './words.ts'

export function verdictSection(data: ReportData): Html {
  const { attribution, verdict, incidents } = data.summary
  const worst = severities.findLast((severity) =>
    incidents.some((incident) => incident.severity === severity),
  )
  const incidentWords = severities
    .toReversed()
    .map(
      (severity) =>
        [severity, incidents.filter((incident) => incident.severity === severity).length] as const,
    )
    .filter(([, n]) => n > 0)
    .map(([severity, n]) => `${n} ${severity}`)
  return html`<section id="verdict" class="verdict tone-${worst ?? 'calm'}" aria-label="Verdict">
${headline(verdict)}
<div class="facts">${[
    fact(count(incidents.length), 'incidents', incidentWords.join(', ') || 'nothing was found'),
    fact(
      count(attribution.events),
      'network events and alarms',
      `${count(attribution.notAttributable)} not attributable`,
    ),
    fact(
      count(attribution.attributed),
      'attributed',
      `p at least 0.9${attribution.calibrated ? ', calibrated' : ''}`,
    ),
    fact(count(attribution.likely), 'likely', 'p 0.5 to 0.9'),
    fact(
      count(attribution.coincidences),
      'coincide with a call',
      `chance alone would give ${count(attribution.expectedByChance)}`,
    ),
  ]}</div>
${strip(data)}</section>`
}

/** The first sentence is the headline, the second stands below it. */
function headline(verdict: string): Html {
  const [, first = verdict, second] = /^(.+?[.!?])\s+((?:\p{Lu}|\d).*)$/su.exec(verdict) ?? []
  return html`<h1>${first}</h1>${second !== undefined && html`<p class="second">${second}</p>`}`
}

function fact(value: string, label: string, note: string): Html {
  return html`<div class="fact"><b>${value}</b><span>${label}</span><small>${note}</small></div>`
}

/** Events over time as a small picture, dark where a call was found. */
function strip(data: ReportData): Html {
  const bins = 160
  const histogram = alarmHistogram(data, bins)
  if (histogram === undefined) return html``
  const top = Math.max(1, ...histogram.answered.map((n, i) => n + (histogram.open[i] ?? 0)))
  // A square root keeps single alarms visible beside a burst.
  const height = (n: number) => (n === 0 ? 0 : Math.max(2, 34 * Math.sqrt(n / top)))
  const bars = histogram.answered.map((n, i) => {
    const open = histogram.open[i] ?? 0
    const total = height(n + open)
    if (total === 0) return html``
    const dark = (total * n) / (n + open)
    return html`<rect class="open" x="${i * 6}" y="${(36 - total).toFixed(1)}" width="5" height="${(total - dark).toFixed(1)}"/><rect class="answered" x="${i * 6}" y="${(36 - dark).toFixed(1)}" width="5" height="${dark.toFixed(1)}"/>`
  })
  const iso = (us: number) => new Date(us / 1000).toISOString()
  return html`<figure class="strip"><svg viewBox="0 0 ${bins * 6} 37" preserveAspectRatio="none" role="img" aria-label="Events over time; coloured where a tool call was found as the cause, grey where none was.">${bars}<rect class="ground" x="0" y="36" width="${bins * 6}" height="1"/></svg>
<figcaption>${moment(iso(histogram.fromUs), 0)}<span>Events over time: <i class="key answered"></i> a tool call was found, <i class="key open"></i> none was</span>${moment(iso(histogram.toUs), 0)}</figcaption></figure>`
}

export function actionsSection(data: ReportData): Html {
  const { incidents } = data.summary
  const actions = joinActions(incidents)
  const evidence = evidenceClock(
    data.summary.inputs,
    incidents.some((incident) => incident.ongoing),
  )
  const visitors = incidents.flatMap((incident, i) =>
    othersAt(incident, data.attributions).map((visitor) => ({ ...visitor, incident: i + 1 })),
  )
  return section(
    'actions',
    'What to do now',
    '',
    html`<div class="columns"><div>${
      actions.length > 0
        ? html`<ol class="actions">${actions.slice(0, 12).map(actionItem)}</ol>`
        : html`<p class="quiet">No incident asks for an action.</p>`
    }${
      actions.length > 12 &&
      html`<details><summary>${actions.length - 12} further actions</summary><ol class="actions" start="13">${actions.slice(12, 100).map(actionItem)}</ol></details>`
    }</div><div>${
      incidents.length > 0 &&
      html`<h3>What happened</h3><ol class="brief">${incidents.slice(0, 5).map(briefIncident)}</ol>${
        incidents.length > 5 &&
        html`<p class="quiet">and ${counted(incidents.length - 5, 'further incident')} below</p>`
      }`
    }<h3>Evidence that goes first</h3><ul class="plainlist">${evidence.map(
      (item) => html`<li><b>${item.do}.</b> <span class="quiet">${item.why}</span></li>`,
    )}</ul><h3>Who else was there</h3>${
      visitors.length > 0
        ? html`<ul class="plainlist">${visitors
            .slice(0, 8)
            .map(
              (v) =>
                html`<li><code>${v.who}</code> reached <code>${v.destination}</code> ${counted(v.events, 'time')}, outside incident ${v.incident}</li>`,
            )}</ul>${visitors.length > 8 && html`<p class="quiet">and ${visitors.length - 8} more</p>`}`
        : html`<p class="quiet">Nobody outside these incidents was seen at their destinations.</p>`
    }</div></div>`,
  )
}

function briefIncident(incident: IncidentSummary, i: number): Html {
  return html`<li>${pill(incident.severity, incident.severity)}<span><a href="#incident-${i + 1}">#${i + 1} ${incident.title}</a><small>${[
    counted(incident.occurrences, 'time'),
    incident.firstStep === null ? '' : `first at step ${incident.firstStep}`,
    incident.ongoing ? 'still going on' : 'over',
  ]
    .filter((part) => part !== '')
    .join(', ')}</small></span></li>`
}

function actionItem(action: Action): Html {
  return html`<li><label><input type="checkbox" aria-label="done"><span><b>${action.do}</b><small>${action.why}${
    action.incidents.length > 0 && html` <span class="refs">${refs(action.incidents)}</span>`
  }</small></span></label></li>`
}

function refs(numbers: readonly number[]): string {
  const shown = numbers
    .slice(0, 6)
    .map((n) => `#${n}`)
    .join(' ')
  return numbers.length > 6 ? `${shown} and ${numbers.length - 6} more` : shown
}
