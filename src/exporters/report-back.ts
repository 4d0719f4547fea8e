// The evidence behind the first screen, as tables that also read without a script.

import type { ReportData } from './api.ts'
import { type Html, html } from './html.ts'
import { unanswered } from './report-model.ts'
import { code, moment, pill, section, table } from './report-parts.ts'
import { count, counted, eventText, pText, pValueText, spanText } from './words.ts'

export function whySection(data: ReportData): Html {
  const rows = data.attributions.toSorted((a, b) => b.p - a.p).slice(0, 25)
  return section(
    'why',
    'Why: each event and its candidates',
    'Every alarm, and every event that a finding rests on: the calls that may have caused it, with the evidence in words, and how likely it is that none of them did.',
    html`<div id="why-view">${table(
      'why-table',
      'Alarms and their most probable call',
      [
        { label: 'Time' },
        { label: 'Alarm' },
        { label: 'Call' },
        { label: 'p', align: 'right' },
        { label: 'Verdict' },
      ],
      rows.map((line) => [
        moment(line.event.time),
        eventText(line.event),
        line.toolCall === null ? html`<span class="quiet">none</span>` : code(line.toolCall),
        { cell: pText(line.p), value: line.p },
        pill(line.verdict, line.verdict),
      ]),
    )}</div>`,
  )
}

const hypothesisWords = {
  'agent-caused': 'The agents’ own tool calls caused it',
  'periodic-job': 'A job on a timer caused it',
  outside: 'It was begun from outside',
  background: 'It is the usual background',
} as const

export function hypothesesSection(data: ReportData): Html {
  return section(
    'hypotheses',
    'Explanations put to the test',
    'The alarms as a whole, against chance and against each other.',
    data.summary.hypotheses.length === 0
      ? html`<p class="quiet">There was not enough to test: it takes network events and tool calls of the same time.</p>`
      : html`<div class="hypotheses">${data.summary.hypotheses.map(
          (h) =>
            html`<article class="hypothesis"><header><h3>${hypothesisWords[h.name]}</h3>${pill(h.verdict, h.verdict)}</header><p>${h.text}</p><small>score ${count(h.score)}, p-value ${pValueText(h.pValue)}</small></article>`,
        )}</div>`,
  )
}

export function testsSection(data: ReportData): Html {
  return section(
    'tests',
    'Destinations, rules and episodes against chance',
    'How many events of each fall into a call’s window, and how many would if the calls had run at other times. The p-value also weighs how closely they follow.',
    table(
      'tests-table',
      'Tests per destination, rule and episode',
      [
        { label: 'By' },
        { label: 'Name' },
        { label: 'Events', align: 'right' },
        { label: 'In a call', align: 'right' },
        { label: 'Expected by chance', align: 'right' },
        { label: 'p-value', align: 'right' },
        { label: 'Verdict' },
      ],
      data.groups.map((g) => [
        g.by,
        code(g.name),
        { cell: count(g.events), value: g.events },
        { cell: count(g.coincidences), value: g.coincidences },
        { cell: count(g.expectedByChance), value: g.expectedByChance },
        { cell: pValueText(g.pValue), value: g.pValue },
        g.significant ? pill('supported', 'more than chance') : pill('undecided', 'not told from chance'),
      ]),
    ),
  )
}

export function episodesSection(data: ReportData): Html {
  const none = html`<span class="quiet">–</span>`
  const maybe = (value: string | null) => (value === null ? none : code(value))
  return section(
    'episodes',
    'Episodes, ranked',
    'Those with findings first; each column sorts.',
    table(
      'episodes-table',
      'Episodes',
      [
        { label: 'Episode' },
        { label: 'Worst' },
        { label: 'Findings', align: 'right' },
        { label: 'Events', align: 'right' },
        { label: 'Calls', align: 'right' },
        { label: 'Step', align: 'right' },
        { label: 'Policy' },
        { label: 'Reward', align: 'right' },
        { label: 'Box' },
        { label: 'First' },
        { label: 'Last' },
      ],
      data.episodes.map((e) => [
        html`${code(e.episode)}${e.run !== null && html` <span class="quiet">${e.run}</span>`}`,
        { cell: e.worst === null ? none : pill(e.worst, e.worst), value: severityRank(e.worst) },
        { cell: count(e.findings), value: e.findings },
        { cell: count(e.events), value: e.events },
        { cell: count(e.calls), value: e.calls },
        { cell: e.step === null ? none : String(e.step), value: e.step ?? -1 },
        maybe(e.policyVersion),
        { cell: e.reward === null ? none : String(e.reward), value: e.reward ?? -1e9 },
        maybe(e.box),
        { cell: moment(e.firstTime, 0), value: e.firstTime },
        { cell: moment(e.lastTime, 0), value: e.lastTime },
      ]),
    ),
  )
}

function severityRank(severity: string | null): number {
  return ['informational', 'low', 'medium', 'high', 'critical'].indexOf(severity ?? '')
}

export function clocksSection(data: ReportData): Html {
  return section(
    'clocks',
    'Clocks',
    'How far each source’s clock was ahead of the agents’ traces. Times on this page are corrected; what the source wrote is shown beside them.',
    table(
      'clocks-table',
      'Clocks',
      [
        { label: 'Clock' },
        { label: 'Ahead by', align: 'right' },
        { label: 'Drift', align: 'right' },
        { label: 'Uncertainty', align: 'right' },
        { label: 'z', align: 'right' },
        { label: 'Aligned' },
        { label: 'How it was found' },
      ],
      data.summary.clocks.map((c) => [
        code(c.domain),
        { cell: `${c.offsetMs < 0 ? '−' : ''}${spanText(c.offsetMs)}`, value: c.offsetMs },
        { cell: `${count(c.driftPpm)} ppm`, value: c.driftPpm },
        { cell: `± ${spanText(c.sdMs)}`, value: c.sdMs },
        { cell: count(c.z), value: c.z },
        c.aligned ? pill('supported', 'yes') : pill('undecided', 'no'),
        c.note,
      ]),
    ),
  )
}

const unreadFormats: Readonly<Record<string, string>> = {
  unknown: 'no importer recognises it',
  unreadable: 'it could not be read',
  empty: 'it is empty',
  duplicate: 'it is a copy of another input',
}

export function unreadSection(data: ReportData): Html {
  const { inputs } = data.summary
  const files = inputs.filter((input) => Object.hasOwn(unreadFormats, input.format))
  const rejected = inputs.reduce((sum, input) => sum + input.rejected, 0)
  return section(
    'unread',
    'What could not be read',
    files.length + rejected === 0
      ? 'Everything was read.'
      : `${counted(files.length, 'file')} and ${counted(rejected, 'row')} of the others. Nothing is dropped silently: each is counted and kept in rejects.jsonl.`,
    html`${
      files.length > 0 &&
      html`<ul class="plainlist">${files
        .slice(0, 100)
        .map(
          (input) => html`<li><code>${input.path}</code> ${input.note ?? unreadFormats[input.format]}</li>`,
        )}</ul>`
    }${
      data.rejects.length > 0 &&
      table(
        'rejects-table',
        'Rows that could not be read',
        [{ label: 'File' }, { label: 'Line', align: 'right' }, { label: 'Reason' }, { label: 'Row' }],
        data.rejects.map((r) => [
          code(r.file),
          { cell: String(r.line), value: r.line },
          r.reason,
          html`<code class="clip">${r.text}</code>`,
        ]),
      )
    }`,
  )
}

export function unansweredSection(data: ReportData): Html {
  const groups = unanswered(data.attributions)
  const alarms = groups.reduce((sum, g) => sum + g.alarms, 0)
  const all = data.summary.attribution.notAttributable
  return section(
    'unanswered',
    'What could not be attributed, and why',
    all > alarms
      ? `${count(all)} events have no answer; the reasons below are those of the ${count(alarms)} on this page.`
      : `${counted(alarms, 'alarm')} without an answer.`,
    html`${
      groups.length > 0 &&
      table(
        'unanswered-table',
        'Reasons',
        [{ label: 'Reason' }, { label: 'Alarms', align: 'right' }, { label: 'For example' }],
        groups.map((g) => [g.why, { cell: count(g.alarms), value: g.alarms }, eventText(g.example.event)]),
      )
    }${
      data.summary.notes.length > 0 &&
      html`<h3>What was missing, what was assumed, what to supply</h3><ul class="plainlist">${data.summary.notes.map(
        (note) => html`<li>${note}</li>`,
      )}</ul>`
    }`,
  )
}

export function methodsSection(data: ReportData): Html {
  return section(
    'methods',
    'How each number was computed',
    '',
    html`<dl class="methods">${data.methods.map((m) => html`<div><dt>${m.what}</dt><dd>${m.how}</dd></div>`)}</dl>${
      data.cuts.length > 0 &&
      html`<h3>What this page leaves out</h3><ul class="plainlist">${data.cuts.map((c) => html`<li>${c}</li>`)}</ul>`
    }`,
  )
}

export function inputsSection(data: ReportData): Html {
  return section(
    'inputs',
    'Inputs',
    'What was read, with the SHA-256 of the bytes as given.',
    table(
      'inputs-table',
      'Inputs',
      [
        { label: 'File' },
        { label: 'Format' },
        { label: 'Records', align: 'right' },
        { label: 'Events', align: 'right' },
        { label: 'Calls', align: 'right' },
        { label: 'Rejected', align: 'right' },
        { label: 'Passed over', align: 'right' },
        { label: 'First (its own clock)' },
        { label: 'Last' },
        { label: 'Bytes', align: 'right' },
        { label: 'SHA-256' },
      ],
      data.summary.inputs.map((input) => {
        const skipped = Object.values(input.skipped).reduce((sum, n) => sum + n, 0)
        const reasons = Object.entries(input.skipped).map(([reason, n]) => `${count(n)} ${reason}`)
        return [
          html`${code(input.path)}${input.note !== undefined && html`<br><small class="quiet">${input.note}</small>`}`,
          input.format,
          { cell: count(input.records), value: input.records },
          { cell: count(input.events), value: input.events },
          { cell: count(input.toolCalls), value: input.toolCalls },
          { cell: count(input.rejected), value: input.rejected },
          {
            cell: html`${count(skipped)}${reasons.length > 0 && html`<br><small class="quiet">${reasons.join(', ')}</small>`}`,
            value: skipped,
          },
          moment(input.firstTime, 0),
          moment(input.lastTime, 0),
          { cell: count(input.bytes), value: input.bytes },
          html`<code class="hash">${input.sha256}</code>`,
        ]
      }),
    ),
  )
}
