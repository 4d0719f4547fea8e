// The first screen: what happened and what to do.

import { toIso } from '../base/time.ts'
import { severities } from '../schema/event.ts'
import type { IncidentSummary } from '../schema/summary.ts'
import type { ReportData } from './api.ts'
import { type Html, html } from './html.ts'
import {
  type Action,
  eventHistogram,
  evidenceClock,
  joinActions,
  othersAt,
  type Visitor,
} from './report-model.ts'
import { moment, pill, section } from './report-parts.ts'
import { count, counted, isTested } from './words.ts'

export function verdictSection(data: ReportData): Html {
  const { attribution, verdict, incidents } = data.summary
  const worst = severities.findLast(
    (severity) =>
      data.summary.findings[severity] > 0 || incidents.some((incident) => incident.severity === severity),
  )
  const findings = Object.values(data.summary.findings).reduce((sum, n) => sum + n, 0)
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
    fact(count(incidents.length), 'incidents', incidentWords.join(', ') || `${counted(findings, 'finding')}`),
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
    ...(isTested(attribution)
      ? [
          fact(
            `${count(attribution.coincidences)} of ${count(attribution.coincidencesOf)}`,
            'alarms while a call ran',
            `chance alone would give ${count(attribution.expectedByChance)}`,
          ),
        ]
      : [fact('–', 'alarms while a call ran', 'not tested against chance')]),
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

/** Events over time as a small picture: what findings rest on below, then what has a known call, then the rest. */
function strip(data: ReportData): Html {
  const bins = 160
  const histogram = eventHistogram(data, bins)
  if (histogram === undefined) return html``
  const { grave, answered, open } = histogram
  const totals = grave.map((n, i) => n + (answered[i] ?? 0) + (open[i] ?? 0))
  const top = Math.max(1, ...totals)
  const bars = totals.map((total, i) => {
    if (total === 0) return html``
    // A square root keeps single events visible beside a burst.
    const height = Math.max(2, 34 * Math.sqrt(total / top))
    let foot = 36
    return html`${(['grave', 'answered', 'open'] as const).map((side) => {
      const tall = (height * (histogram[side][i] ?? 0)) / total
      if (tall === 0) return html``
      foot -= tall
      return html`<rect class="${side}" x="${i * 6}" y="${foot.toFixed(1)}" width="5" height="${tall.toFixed(1)}"/>`
    })}`
  })
  return html`<figure class="strip"><svg viewBox="0 0 ${bins * 6} 37" preserveAspectRatio="none" role="img" aria-label="Events over time: those that a finding rests on, those with a known tool call, and those without.">${bars}<rect class="ground" x="0" y="36" width="${bins * 6}" height="1"/></svg>
<figcaption>${moment(toIso(histogram.fromUs), 0)}<span>Events over time: <i class="key grave"></i> part of a finding <i class="key answered"></i> ordinary, tool call known <i class="key open"></i> no call found</span>${moment(toIso(histogram.toUs), 0)}</figcaption></figure>`
}

export function actionsSection(data: ReportData): Html {
  const { incidents } = data.summary
  const actions = joinActions(incidents)
  const evidence = evidenceClock(
    data.summary.inputs,
    incidents.some((incident) => incident.ongoing),
    actions,
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
        : html`<p>No incident asks for an action.</p>${notesList(data)}`
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
    )}</ul>${incidents.length > 0 && strangers(visitors)}</div></div>`,
  )
}

function strangers(visitors: readonly (Visitor & { readonly incident: number })[]): Html {
  const list = visitors
    .slice(0, 8)
    .map(
      (v) =>
        html`<li><code>${v.who}</code> reached <code>${v.destination}</code> ${counted(v.events, 'time')}, outside incident ${v.incident}</li>`,
    )
  return html`<h3>Who else was there</h3>${
    visitors.length > 0
      ? html`<ul class="plainlist">${list}</ul>${visitors.length > 8 && html`<p class="quiet">and ${visitors.length - 8} more</p>`}`
      : html`<p class="quiet">Nobody outside these incidents was seen at their destinations.</p>`
  }`
}

function notesList({ summary }: ReportData): Html {
  if (summary.notes.length === 0) return html``
  return html`<h3>What would make the answer surer</h3><ul class="plainlist">${summary.notes.slice(0, 8).map((note) => html`<li>${note}</li>`)}</ul>`
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
  return html`<li><label><input type="checkbox" aria-label="done"><span><b>${action.do}</b>${
    action.also.length > 0 &&
    html`<em>also ${action.also.slice(0, 12).join(', ')}${action.also.length > 12 && ` and ${action.also.length - 12} more`}</em>`
  }<small>${action.why}${
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
