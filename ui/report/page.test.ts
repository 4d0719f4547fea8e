// The page as the exporter writes it, before any script.

import { describe, expect, it } from 'vitest'
import { placeholders, renderReport } from '../../src/exporters/html-report.ts'
import { boundReport, reportLimits } from '../../src/exporters/report-limits.ts'
import { eventHistogram, joinActions, othersAt, unanswered } from '../../src/exporters/report-model.ts'
import { timesketchLines } from '../../src/exporters/timesketch.ts'
import { whyText } from '../../src/exporters/why.ts'
import { sampleReport } from '../testing/sample-report.ts'

const template = `<title>${placeholders.title}</title>${placeholders.page}<script type="application/json">${placeholders.data}</script>`
const hostile = '</script><img src=x onerror="pwned=1">\u2028\u202E@vigiles:data@$&\x1b[31m'

describe('the report without a script', () => {
  it('holds verdict, actions, incidents and inputs as HTML', () => {
    const data = sampleReport()
    const page = renderReport(data, template)
    const [, body = ''] = /<main>([\s\S]*)<\/main>/.exec(page) ?? []
    for (const incident of data.summary.incidents) {
      expect(body).toContain(incident.title)
      for (const action of incident.actions) expect(body).toContain(action.do)
    }
    for (const input of data.summary.inputs) expect(body).toContain(input.sha256)
    expect(body).toContain('198.51.100.7:443')
  })

  it('keeps hostile text as text and ignores placeholders and patterns in it', () => {
    const data = sampleReport({ hostile, calls: 200, alarms: 40 })
    const page = renderReport(data, template)
    expect(page.match(/<img|<\/script>/g)).toEqual(['</script>'])
    expect(page).not.toMatch(/[\u2028\u202E\x1b]/)
    expect(page).toContain('\\u{202e}')
    const [, json = ''] = /application\/json">(.*)<\/script>$/s.exec(page) ?? []
    expect(JSON.parse(json).summary.verdict).toBe(data.summary.verdict)
  })

  it('says nothing was found when nothing was', () => {
    const empty = sampleReport({ calls: 9, alarms: 0 })
    const page = renderReport(
      { ...empty, findings: [], summary: { ...empty.summary, incidents: [], verdict: 'Nothing was found.' } },
      template,
    )
    expect(page).toContain('No finding was made')
    const found = renderReport({ ...empty, summary: { ...empty.summary, incidents: [] } }, template)
    expect(found.includes('No finding was made')).toBe(empty.findings.length === 0)
    expect(page).not.toMatch(/undefined|NaN|\[object/)
  })

  it('refuses a template that lacks a part, by name', () => {
    expect(() => renderReport(sampleReport(), '<html>')).toThrow(/build it with tools\/build-report.ts/)
  })
})

describe('what the report adds up', () => {
  const data = sampleReport({ alarms: 200, calls: 900 })
  const open = data.attributions.filter((line) => line.toolCall === null)

  it('gives every alarm without an answer exactly one reason', () => {
    expect(unanswered(data.attributions).reduce((sum, group) => sum + group.alarms, 0)).toBe(open.length)
  })

  it('counts every alarm once in the picture over time', () => {
    const histogram = eventHistogram(data, 50)
    const sum = (list: readonly number[] = []) => list.reduce((a, b) => a + b, 0)
    expect(sum(histogram?.open)).toBe(open.length)
    expect(sum(histogram?.grave)).toBeGreaterThan(0)
    const all = sum(histogram?.grave) + sum(histogram?.answered) + sum(histogram?.open)
    expect(all).toBe(data.attributions.length)
  })

  it('keeps the shares of every alarm at one', () => {
    for (const line of data.attributions) {
      const all = line.candidates.reduce((sum, c) => sum + c.p, line.pNone + line.pOther)
      expect(all).toBeCloseTo(1, 9)
    }
  })

  it('asks for the same act once, for all incidents that need it', () => {
    const shared = joinActions(data.summary.incidents).filter((action) =>
      action.do.startsWith('Mask the accused'),
    )
    expect(shared).toEqual([expect.objectContaining({ incidents: [1, 2, 3] })])
  })

  it('joins acts of one kind, says what each adds, and puts the urgent ones of all incidents first', () => {
    const [incident] = data.summary.incidents
    const of = (box: string) => ({
      ...incident!,
      actions: [
        { do: `Freeze sandbox ${box}`, why: 'It goes on.' },
        { do: `Block 198.51.100.7:443 for ${box}`, why: 'It ends what is going on.' },
      ],
    })
    expect(joinActions([of('sbx-1'), of('sbx-2'), of('sbx-1')])).toEqual([
      { do: 'Freeze sandbox sbx-1', why: 'It goes on.', incidents: [1, 2, 3], also: ['sbx-2'] },
      {
        do: 'Block 198.51.100.7:443 for sbx-1',
        why: 'It ends what is going on.',
        incidents: [1, 2, 3],
        also: ['sbx-2'],
      },
    ])
  })

  it('holds back training from the earliest step that any incident names', () => {
    const [incident] = data.summary.incidents
    const from = (step: number) => ({
      ...incident!,
      actions: [
        { do: `Mask episode ep-${step} and hold back from step ${step} on`, why: 'Until understood.' },
      ],
    })
    expect(joinActions([from(510), from(509), from(511)])).toMatchObject([
      { do: 'Mask episode ep-510 and hold back from step 509 on', also: ['ep-509', 'ep-511'] },
    ])
  })

  it('names a stranger at an incident’s destination, and none of its own boxes', () => {
    const [incident] = data.summary.incidents
    const own = data.attributions.find((line) => line.event.dst === '198.51.100.7')!
    const stranger = { ...own, box: 'laptop-7', toolCall: null }
    expect(othersAt(incident!, [...data.attributions, stranger])).toEqual([
      { who: 'laptop-7', destination: '198.51.100.7', events: 1 },
    ])
  })
})

describe('the limits of a page', () => {
  it('cuts long lists, keeps what matters and says so', () => {
    const data = sampleReport({ calls: 21_000, alarms: 2_300 })
    const bounded = boundReport(data)
    expect(bounded.attributions).toHaveLength(reportLimits.attributions)
    expect(bounded.toolCalls).toHaveLength(reportLimits.toolCalls)
    expect(bounded.cuts).toHaveLength(2)
    const count = (lines: typeof data.attributions) =>
      lines.filter((line) => line.verdict === 'attributed').length
    expect(count(bounded.attributions)).toBe(count(data.attributions))
    const shown = new Set(bounded.toolCalls.map((call) => call.uid))
    expect(
      bounded.attributions.filter((line) => line.toolCall !== null && !shown.has(line.toolCall)),
    ).toEqual([])
  })
})

describe('the size of a page', () => {
  it('is bounded even when every command and every text is as long as an importer keeps', () => {
    const long = sampleReport({ calls: 3_000, alarms: 2_000 })
    const filler = 'x'.repeat(16_000)
    const page = renderReport(
      {
        ...long,
        toolCalls: long.toolCalls.map((call) => ({ ...call, command: call.command + filler })),
        attributions: long.attributions.map((line) => ({
          ...line,
          candidates: line.candidates.map((c) => ({
            ...c,
            evidence: c.evidence.map((e) => ({ ...e, text: e.text + filler })),
          })),
        })),
      },
      template,
    )
    expect(page.length).toBeLessThan(25_000_000)
    expect(page).toMatch(/Commands are cut at [\d,]+ characters/)
  })
})

describe('the answer for one alarm', () => {
  const data = sampleReport({ hostile })
  const calls = new Map(data.toolCalls.map((call) => [call.uid, call]))
  const context = {
    summary: data.summary,
    groups: data.groups,
    findings: data.findings,
    toolCall: (uid: string) => calls.get(uid),
  }

  it('fits about ten lines and lets no control character through', () => {
    for (const line of data.attributions) {
      const lines = whyText(line, context)
      expect(lines.length).toBeLessThanOrEqual(14)
      for (const text of lines) expect(text).not.toMatch(/[\p{Cc}\u2028\u202e]/u)
    }
  })

  it('names the call and its evidence', () => {
    const clean = sampleReport()
    const line = clean.attributions.find(
      (a) => a.verdict === 'attributed' && a.event.name === 'pool.example.net',
    )!
    const cleanCalls = new Map(clean.toolCalls.map((call) => [call.uid, call]))
    const text = whyText(line, {
      summary: clean.summary,
      groups: clean.groups,
      toolCall: (uid) => cleanCalls.get(uid),
    }).join('\n')
    expect(text).toContain('stratum+tcp://pool.example.net:3333')
    expect(text).toContain('×164')
    expect(text).toMatch(/training step \d+/)
  })

  it('says what chance alone gives where only the clock connects, and only there', () => {
    const clean = sampleReport()
    const pool = clean.attributions.find(({ event }) => event.name === 'pool.example.net')!
    const about = { ...context, summary: clean.summary, groups: clean.groups }
    const text = (tier: 'content' | 'time') => whyText({ ...pool, tier }, about).join('\n')
    expect(text('time')).toContain(
      'of 28 events at this destination, 27 came while some call ran, by chance alone 0.9 would',
    )
    expect(text('content')).not.toContain('CHANCE')
  })

  it('names no call when none reaches one half', () => {
    const line = data.attributions.find((a) => a.toolCall === null)!
    for (const [pNone, answer] of [
      [0.3, /^ANSWER {4}not attributable: no call is likelier than not/m],
      [0.9, /^ANSWER {4}no recorded call did it, p 0.90/m],
    ] as const) {
      const text = whyText({ ...line, pNone }, context).join('\n')
      expect(text).toMatch(answer)
      expect(text).not.toMatch(/^CALL/m)
    }
  })

  it('names the worst finding, and wraps at the width of the terminal without losing a word', () => {
    const line = data.attributions.find((a) => a.toolCall !== null)!
    const [first, second] = [data.findings[0]!, data.findings[1]!]
    const findings = [
      { ...first, severity: 'Low' },
      { ...second, severity: 'Critical' },
    ]
    const wide = whyText(line, { ...context, findings })
    expect(wide.at(-1)).toMatch(/^FINDING +critical: .* \(and 1 more\)$/)
    const narrow = whyText(line, { ...context, findings, width: 70 })
    expect(narrow.filter((text) => text.length > 70)).toEqual([])
    const words = (lines: readonly string[]) => lines.join('').replace(/\s/g, '')
    expect(words(narrow)).toBe(words(wide))
  })
})

describe('Timesketch lines', () => {
  it('carry what its importer demands, with µs that agree with the date', () => {
    const data = sampleReport({ hostile })
    const lines = [
      ...timesketchLines({ attributions: data.attributions, toolCalls: data.toolCalls, findings: [] }),
    ]
    expect(lines.length).toBeGreaterThan(data.attributions.length + data.toolCalls.length)
    for (const text of lines) {
      expect(text).not.toContain('\n')
      const row = JSON.parse(text)
      expect(row).toMatchObject({
        message: expect.any(String),
        timestamp_desc: expect.stringMatching(/Time$/),
      })
      expect(Math.floor(row.timestamp / 1000)).toBe(Date.parse(row.datetime))
    }
  })
})
