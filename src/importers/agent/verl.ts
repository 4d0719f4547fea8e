// verl's rollout dump, `{rollout_data_dir}/{global_step}.jsonl`: decoded text only, one sample a line, no clock.
//
//   {"input":"…","output":"…<tool_call>{\"name\":\"bash\",\"arguments\":{…}}</tool_call>…","gts":null,"score":1.0,"step":12}
// The tool calls are found in the text. Their only time is the file's own: the whole step lies before it. That
// is next to no evidence of time, but step, reward and the text of a command are. Rows are samples and their calls.

import { defineJsonLinesImporter } from '../api.ts'
import { firstRows } from '../head-rows.ts'
import { callText } from './parts/arguments.ts'
import { cutOutput } from './parts/cut.ts'
import { UntimedCalls } from './parts/file-time.ts'
import { callsInText } from './parts/model-reply.ts'
import { at, idText, textAt, toIndex, toNumber } from './parts/values.ts'

const head = /^\s*\{\s*"input"\s*:\s*"/

export const verl = defineJsonLinesImporter({
  id: 'verl',
  name: 'verl rollout dump',
  family: 'agent',
  documentation: 'https://github.com/volcengine/verl/blob/main/verl/trainer/ppo/ray_trainer.py',
  recognises(file) {
    if (!head.test(file.text)) return false
    const [row] = firstRows(file)
    // A prompt may be longer than the beginning that is looked at.
    if (!row) return file.lines.length === 0 && /"output"\s*:\s*"|<\|im_start\|>|<tool_call>/.test(file.text)
    return typeof row.output === 'string' && 'score' in row && ('gts' in row || 'step' in row)
  },
  start(sink, file) {
    const untimed = new UntimedCalls(sink, file)
    return {
      row(row, line, text) {
        const output = textAt(row, 'output')
        if (output === undefined) {
          sink.reject(line, 'the sample has no output', text)
          return
        }
        const step = toIndex(at(row, 'step')) ?? stepOf(file.path)
        const reward = toNumber(at(row, 'score'))
        const common = {
          // Within its file a sample has no other name than its line.
          episode: idText(at(row, 'request_id')) ?? `step_${step ?? 'unknown'}_sample_${line - 1}`,
          ...(step !== undefined && { step }),
          ...(reward !== undefined && { reward }),
          boxHints: [],
          line,
        }
        const answered = answers(output)
        sink.episode(common)
        for (const [turn, { name, args }] of callsInText(output).entries()) {
          const answer = answered[turn]
          untimed.add({
            ...common,
            turn,
            name,
            ...callText(name, args),
            ...(answer !== undefined && { output: cutOutput(answer) }),
          })
        }
      },
      end: () => untimed.end(),
    }
  },
})

/** What the tools answered, in order, where the template marks it. */
function answers(text: string): readonly string[] {
  return text
    .split('<tool_response>')
    .slice(1, 1001)
    .map((part) => part.split('</tool_response>', 1)[0]?.trim() ?? '')
}

function stepOf(path: string): number | undefined {
  return toIndex(/(?:^|\/)(\d{1,9})\.jsonl/.exec(path)?.[1])
}
