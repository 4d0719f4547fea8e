import { defineCheck, evidenceMax } from '../api.ts'
import { counted, evidence, names } from '../words.ts'

export const unread = defineCheck({
  id: 'input.read',
  question: 'Could everything that was given be read?',
  judged:
    'Good when no file is unknown or unreadable and at most 1 % of the records are refused; weak otherwise; missing when more than half is refused or nothing could be read.',
  look({ inputs, rejects }) {
    if (inputs.length === 0) return undefined
    const refused = inputs.reduce((sum, { rejected }) => sum + rejected, 0)
    const records = inputs.reduce((sum, input) => sum + input.records, 0)
    const closed = inputs.filter(({ format }) => format === 'unknown' || format === 'unreadable')
    if (closed.length === 0 && refused <= 0.01 * records)
      return {
        verdict: 'good',
        found: `${counted(records, 'record')} of ${counted(inputs.length, 'file')}, ${refused} refused.`,
      }
    const [first] = rejects
    const reason = first ? ` (most often: ${first.reason})` : ''
    const said = [
      ...(refused > 0 ? [`${refused} of ${records} records were refused${reason}`] : []),
      ...(closed.length > 0 ? [`${names(closed.map(({ path }) => path))} could not be read`] : []),
    ]
    return {
      verdict: closed.length === inputs.length || refused > 0.5 * records ? 'missing' : 'weak',
      found: `${said.join('; ')}.`,
      cost: 'A log whose format has changed looks like silence.',
      todo: [
        {
          do: 'Look at the lines below; export in a format of docs/reference/importers.md, whole and unpacked.',
        },
      ],
      evidence: [
        ...rejects.flatMap(({ reason: why, examples }) =>
          examples.slice(0, 1).map(({ file, line }) => evidence(file, line, why)),
        ),
        ...closed.map(({ path, note = '' }) => evidence(path, null, note)),
      ].slice(0, evidenceMax),
    }
  },
})
