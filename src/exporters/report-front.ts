// The first screen: what happened, what to do, who and what. Readable without a script.

import { parseIso } from '../base/time.ts'
import { severities } from '../schema/event.ts'
import type { FindingLine, IncidentSummary, ToolCallLine } from '../schema/summary.ts'
import type { ReportData } from './api.ts'
import { techniquesOf } from './attack-names.ts'
import { type Html, html } from './html.ts'
import { type Action, alarmHistogram, evidenceClock, joinActions, othersAt } from './report-model.ts'
import { codes, moment, pill, section } from './report-parts.ts'
import { count, counted, pText, spanText } from './words.ts'

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

export function incidentsSection(data: ReportData): Html {
  const { incidents } = data.summary
  const findings = new Map(data.findings.map((finding) => [finding.finding_info.uid, finding]))
  const calls = new Map(data.toolCalls.map((call) => [call.uid, call]))
  return section(
    'incidents',
    'Incidents',
    incidents.length > 0
      ? 'Findings that belong together, worst first.'
      : 'No finding was made. What was looked for and what could not be read stands below.',
    html`${incidents.map((incident, i) => incidentCard(incident, i + 1, data, findings, calls))}`,
  )
}

function incidentCard(
  incident: IncidentSummary,
  number: number,
  data: ReportData,
  findings: ReadonlyMap<string, FindingLine>,
  calls: ReadonlyMap<string, ToolCallLine>,
): Html {
  const own = incident.findings.map((uid) => findings.get(uid)).filter((finding) => finding !== undefined)
  const techniques = new Map(own.flatMap(techniquesOf).map((t) => [t.uid, t.name]))
  const accused = incident.toolCalls.map((uid) => calls.get(uid)).filter((call) => call !== undefined)
  const length = ((parseIso(incident.lastSeen)?.us ?? 0) - (parseIso(incident.firstSeen)?.us ?? 0)) / 1000
  return html`<article class="incident edge-${incident.severity}" id="incident-${number}">
<header><span class="number">#${number}</span>${pill(incident.severity, incident.severity)}<h3>${incident.title}</h3>${
    incident.ongoing
      ? pill('ongoing', 'still going on when the logs end')
      : pill('over', 'over when the logs end')
  }<button type="button" class="needs-script" data-show-incident="${number}">Show on the timeline</button></header>
<dl>${[
    row(
      'Who',
      html`${codes(incident.boxes, 6)}${
        incident.episodes.length > 0 &&
        html`<span class="quiet"> in ${counted(incident.episodes.length, 'episode')}: </span>${codes(incident.episodes, 4)}`
      }`,
    ),
    row(
      'What',
      html`${incident.kinds.join(', ')}<span class="quiet">, ${counted(incident.findings.length, 'finding')}</span>`,
    ),
    row(
      'Since',
      html`${moment(incident.firstSeen, 0)} <span class="quiet">to</span> ${moment(incident.lastSeen, 0)}${
        length > 0 && html` <span class="quiet">(${spanText(length)})</span>`
      }`,
    ),
    row('How often', html`${counted(incident.occurrences, 'time')}`),
    row(
      'First seen in training',
      html`${
        incident.firstStep === null
          ? html`<span class="quiet">the traces carry no training step</span>`
          : html`step ${incident.firstStep}`
      }${incident.policyVersions.length > 0 && html` <span class="quiet">under policy</span> ${codes(incident.policyVersions, 4)}`}`,
    ),
    row(
      'Rewarded',
      incident.rewarded === null
        ? html`<span class="quiet">no trace carries a reward</span>`
        : html`${incident.rewarded}`,
    ),
    row('Reached', codes(incident.destinations, 8)),
    techniques.size > 0 &&
      row(
        'ATT&CK, ATLAS',
        html`${[...techniques].map(([uid, name]) => html`<span class="technique"><code>${uid}</code> ${name}</span> `)}`,
      ),
  ].filter((entry) => entry !== false)}</dl>
${
  accused.length > 0 &&
  html`<div class="accused"><h4>Tool calls held responsible</h4>${accused.slice(0, 3).map((call) => callLine(call, data))}${
    incident.toolCalls.length > 3 &&
    html`<p class="quiet">and ${incident.toolCalls.length - 3} more, see the timeline and toolcalls.jsonl</p>`
  }</div>`
}
${
  own.length > 0 &&
  html`<details${{ html: number === 1 && own.length <= 4 ? ' open' : '' }}><summary>${counted(own.length, 'finding')}</summary><ul class="findings">${own
    .slice(0, 50)
    .map(
      (finding) =>
        html`<li>${pill(finding.severity, finding.severity)} <b>${finding.finding_info.title}</b> <span class="quiet">${text(finding.finding_info.desc)}</span></li>`,
    )}</ul></details>`
}
</article>`
}

function row(label: string, value: Html): Html {
  return html`<div><dt>${label}</dt><dd>${value}</dd></div>`
}

function callLine(call: ToolCallLine, data: ReportData): Html {
  const best = Math.max(0, ...data.attributions.filter((a) => a.toolCall === call.uid).map((a) => a.p))
  const where = [
    call.episode !== null && `episode ${call.episode}`,
    call.turn !== null && `turn ${call.turn}`,
    call.step !== null && `step ${call.step}`,
    call.reward !== null && `reward ${call.reward}`,
  ].filter((part) => part !== false)
  const command = call.command.length > 400 ? `${call.command.slice(0, 400)}…` : call.command
  return html`<div class="call"><pre>${command}</pre><small>${call.name}, ${where.length > 0 && `${where.join(', ')}, `}${moment(call.start)}${
    best > 0 && html`, <b>p ${pText(best)}</b>`
  }</small></div>`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
