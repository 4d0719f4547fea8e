// Each incident on a card: who, what, since when, how often, in which training, rewarded or not, by which calls.

import { parseIso } from '../base/time.ts'
import type { FindingLine, IncidentSummary, ToolCallLine } from '../schema/summary.ts'
import type { ReportData, Said } from './api.ts'
import { techniquesOf } from './attack-names.ts'
import { type Html, html } from './html.ts'
import { codes, moment, pill, section } from './report-parts.ts'
import { counted, pText, spanText } from './words.ts'

/** Cards shown at once; further ones wait to be opened. */
const cardsOpen = 8

export function incidentsSection(data: ReportData): Html {
  const { incidents } = data.summary
  const findings = new Map(data.findings.map((finding) => [finding.finding_info.uid, finding]))
  const calls = new Map(data.toolCalls.map((call) => [call.uid, call]))
  if (incidents.length === 0) return section('incidents', 'Incidents', '', lonelyFindings(data))
  const cards = incidents.map((incident, i) => incidentCard(incident, i + 1, data, findings, calls))
  return section(
    'incidents',
    'Incidents',
    'Findings that belong together, worst first.',
    html`${cards.slice(0, cardsOpen)}${
      cards.length > cardsOpen &&
      html`<details><summary>${counted(cards.length - cardsOpen, 'further incident')}</summary>${cards.slice(cardsOpen)}</details>`
    }`,
  )
}

/** Without an incident: the findings as they are, or that there was none. */
function lonelyFindings({ findings }: ReportData): Html {
  if (findings.length === 0) {
    return html`<p>No finding was made. What was looked at and what could not be read stands below.</p>`
  }
  return html`<p>No incident was made of these findings.</p>${findingsOf(findings, '', true)}`
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
          ? html`<span class="quiet">its traces carry no training step</span>`
          : html`step ${incident.firstStep}`
      }${incident.policyVersions.length > 0 && html` <span class="quiet">under policy</span> ${codes(incident.policyVersions, 4)}`}`,
    ),
    row(
      'Rewarded',
      incident.rewarded === null
        ? html`<span class="quiet">its traces carry no reward</span>`
        : html`${incident.rewarded}`,
    ),
    row('Reached', codes(incident.destinations, 8)),
    techniques.size > 0 &&
      row(
        'ATT&CK, ATLAS',
        html`${[...techniques].map(([uid, name]) => html`<span class="technique"><code>${uid}</code> ${name}</span> `)}`,
      ),
  ].filter((entry) => entry !== false)}</dl>
${accused.length > 0 && html`<div class="accused"><h4>Tool calls held responsible</h4>${accusedCalls(accused, incident.toolCalls.length, data)}</div>`}
${incident.actions.length > 0 && ownActions(incident)}
${said(data.said?.[incident.uid])}
${own.length > 0 && findingsOf(own, incident.title, number === 1 && own.length <= 4)}
</article>`
}

function said(people: Said | undefined): Html | false {
  if (people === undefined) return false
  const { status, assignee, tags, comments } = people
  return html`<div class="said"><h4>What people say</h4><p>${status}${assignee !== null && html`, with ${assignee}`}${
    tags.length > 0 && html` ${codes(tags, 30)}`
  }</p>${comments.map(
    ({ time, by, text: words }) => html`<p><b>${by}</b> <small>${moment(time, 0)}</small><br>${words}</p>`,
  )}</div>`
}

function row(label: string, value: Html): Html {
  return html`<div><dt>${label}</dt><dd>${value}</dd></div>`
}

/** The same command once, however often it was called: its surest call, and how many more there were. */
function accusedCalls(calls: readonly ToolCallLine[], all: number, data: ReportData): Html {
  const best = new Map<string, number>()
  for (const { toolCall, p } of data.attributions) {
    if (toolCall !== null) best.set(toolCall, Math.max(p, best.get(toolCall) ?? 0))
  }
  const byCommand = new Map<string, ToolCallLine[]>()
  for (const call of calls) {
    const list = byCommand.get(call.command)
    if (list) list.push(call)
    else byCommand.set(call.command, [call])
  }
  const groups = [...byCommand.values()]
    .map((list) => list.toSorted((a, b) => (best.get(b.uid) ?? 0) - (best.get(a.uid) ?? 0)))
    .sort((a, b) => b.length - a.length)
  const shown = groups.slice(0, 3)
  const rest = all - shown.reduce((sum, list) => sum + list.length, 0)
  return html`${shown.map((list) => callLine(list[0]!, list.length, best.get(list[0]!.uid) ?? 0))}${
    rest > 0 &&
    html`<p class="quiet">and ${counted(rest, 'more call')}, see the timeline and toolcalls.jsonl</p>`
  }`
}

function callLine(call: ToolCallLine, times: number, p: number): Html {
  const where = [
    call.name,
    call.episode !== null && `episode ${call.episode}`,
    call.turn !== null && `turn ${call.turn}`,
    call.step !== null && `step ${call.step}`,
    call.reward !== null && `reward ${call.reward}`,
  ].filter((part) => part !== false)
  const command = call.command.length > 400 ? `${call.command.slice(0, 400)}…` : call.command
  return html`<div class="call"><pre>${command}</pre><small>${where.join(', ')}, ${moment(call.start)}${
    p > 0 && html`, <b>p ${pText(p)}</b>`
  }${times > 1 && html`, and ${counted(times - 1, 'more call')} of the same`}</small></div>`
}

function ownActions({ actions }: IncidentSummary): Html {
  return html`<details><summary>What to do about it: ${counted(actions.length, 'act')}</summary><ol class="own-actions">${actions.map(
    (action) => html`<li><b>${action.do}.</b> <span class="quiet">${action.why}</span></li>`,
  )}</ol></details>`
}

function findingsOf(findings: readonly FindingLine[], incidentTitle: string, open: boolean): Html {
  return html`<details${{ html: open ? ' open' : '' }}><summary>${counted(findings.length, 'finding')}</summary><ul class="findings">${findings
    .slice(0, 50)
    .map(({ severity, finding_info: { title, desc } }) => {
      const name = title === incidentTitle ? '' : title
      return html`<li>${pill(severity, severity.toLowerCase())} ${name !== '' && html`<b>${name}</b> `}<span class="quiet">${text(desc)}</span></li>`
    })}</ul></details>`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
