// The report a person reads on a terminal: one screen with the worst first, then each check in full.

import { plain } from '../../base/terminal.ts'
import type { Readiness, ReadinessCheck, ReadinessOdds } from '../../schema/readiness.ts'
import { improvementWords } from './answer.ts'
import { callsText, ofTen, percent } from './words.ts'

const width = 110
const firstScreenMax = 12
const labels = { missing: 'MISSING', weak: 'WEAK', unknown: 'UNKNOWN', good: 'GOOD' } as const

/** Text of the whole report, ending in a line feed. */
export function readinessText(readiness: Readiness): string {
  const { answer, checks } = readiness
  const poor = checks.filter(({ verdict }) => verdict === 'missing' || verdict === 'weak')
  const unknown = checks.filter(({ verdict }) => verdict === 'unknown')
  const good = checks.filter(({ verdict }) => verdict === 'good')
  const lines = ['', ...wrapped(plain(answer, 1_200), ''), '']
  for (const check of poor.slice(0, firstScreenMax)) {
    lines.push(`  ${labels[check.verdict].padEnd(9)}${check.id.padEnd(22)}${plain(check.found, 160)}`)
    const gain = gainText(readiness, check)
    const [todo] = check.todo
    const second = [...(todo ? [`→ ${plain(todo.do, 130)}`] : []), ...(gain === '' ? [] : [gain])]
    if (second.length > 0) lines.push(`           ${second.join('  ')}`)
  }
  if (poor.length > firstScreenMax) lines.push(`  … and ${poor.length - firstScreenMax} more below`)
  if (unknown.length > 0) lines.push(`  UNKNOWN  ${unknown.map(({ id }) => id).join(', ')}`)
  if (good.length > 0)
    lines.push(...wrapped(`GOOD     ${good.map(({ id }) => id).join(', ')}`, '  ', '           '))
  lines.push('', ...estimate(readiness))
  const told = [...poor, ...unknown]
  if (told.length > 0) lines.push('', 'In detail, worst first', '')
  for (const check of told) lines.push(...details(readiness, check), '')
  return `${lines.join('\n').trimEnd()}\n`
}

function estimate({ today, best, improvements, observed }: Readiness): string[] {
  if (!today || !best) return []
  const lines = [
    `  Estimated from ${today.draws} simulated alarms (docs/audit.md): ${percent(today.byTime, 1)} decided by address and time, ${percent(today.byName, 1)} by what the call names.`,
  ]
  if (observed) {
    lines.push(
      `  Of the ${observed.events} ${observed.of} in these inputs, ${observed.attributed} are attributed with p ≥ 0.9 (${percent(observed.attributed, observed.events)}).`,
    )
  }
  lines.push(`  today: ${oddsText(today)}`)
  for (const [k, { id, odds }] of improvements.slice(0, 4).entries()) {
    lines.push(`  ${k === 0 ? 'with' : 'and'} ${improvementWords[id]}: ${oddsText(odds)}`)
  }
  return lines
}

function oddsText({ share, sharedMean }: ReadinessOdds): string {
  return `${percent(share, 1)}, ${callsText(sharedMean)} at once`
}

function gainText({ today }: Readiness, { gain }: ReadinessCheck): string {
  if (!today || !gain || gain.share - today.share < 0.01) return ''
  return `[${ofTen(today.share)} → ${ofTen(gain.share)}]`
}

function details(readiness: Readiness, check: ReadinessCheck): string[] {
  const lines = [
    `${labels[check.verdict]} ${check.id}: ${check.question}`,
    ...wrapped(plain(check.found, 600), '  '),
    ...(check.cost === '' ? [] : wrapped(`Costs: ${plain(check.cost, 600)}`, '  ', '         ')),
  ]
  const gain = gainText(readiness, check)
  if (gain !== '') lines.push(`  Put right alone: ${gain}`)
  for (const { do: what, config, where } of check.todo) {
    lines.push(
      ...wrapped(
        `Do: ${plain(what, 400)}${where === undefined ? '' : ` (${plain(where, 200)})`}`,
        '  ',
        '      ',
      ),
    )
    for (const line of (config ?? '').split('\n')) if (line !== '') lines.push(`      ${plain(line, 400)}`)
  }
  for (const { file, line, text } of check.evidence) {
    lines.push(
      `  Seen: ${plain(file, 200)}${line === null ? '' : `:${line}`}${text === '' ? '' : `  ${plain(text, 160)}`}`,
    )
  }
  return lines
}

/** Breaks at blanks; what is longer than a line stays whole. */
function wrapped(text: string, indent: string, next = indent): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    const bare = line.trim() === ''
    if (!bare && line.length + 1 + word.length > width) {
      lines.push(line)
      line = `${next}${word}`
    } else line = bare ? `${line}${word}` : `${line} ${word}`
  }
  return [...lines, line]
}
