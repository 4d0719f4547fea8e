import { defineCheck, evidenceMax } from '../api.ts'
import { counted, evidence } from '../words.ts'

export const duplicates = defineCheck({
  id: 'input.duplicates',
  question: 'Is everything given once?',
  judged:
    'Good when no input has the bytes or content of another and no call repeats one from another input; weak otherwise. Repeats are found and left out.',
  look({ inputs, echoes }) {
    const twins = inputs.filter(({ format }) => format === 'duplicate')
    if (twins.length === 0 && echoes === 0) return { verdict: 'good', found: 'It is.' }
    return {
      verdict: 'weak',
      found: `${counted(twins.length, 'file')} ${twins.length === 1 ? 'repeats' : 'repeat'} another, ${counted(echoes, 'call')} ${echoes === 1 ? 'stands' : 'stand'} in two inputs; each was counted once.`,
      cost: 'Nothing now; a copy that was changed after the fact would not be noticed as one.',
      evidence: twins.slice(0, evidenceMax).map(({ path, note = '' }) => evidence(path, null, note)),
    }
  },
})
