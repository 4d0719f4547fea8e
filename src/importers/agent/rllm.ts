// rLLM's episode log, one document an episode: `episodes/train_step_12_epoch_0/episode_hash…_id….json`. No clock.
//
//   {"training_step":12,"epoch":0,"episode_id":"ab:0","session_id":null,"task":{…},"is_correct":true,"termination_reason":
//    "env_done","timing":{…},"trajectories":[{"name":"agent","uid":"…","reward":1.0,"steps":[{"observation":"…","action":"…",
//      "reward":0.0,"done":false,"model_response":"…","chitemLinecompletions":[{"role":"assistant","tool_calls":[…]},…]}]}]}
// The last step of a trajectory holds its whole conversation; a step whose conversation begins anew adds to it.
// Rows are episodes and tool calls.

import { defineJsonImporter, type Sink } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { callsOfTranscript } from './parts/chat-messages.ts'
import { UntimedCalls } from './parts/file-time.ts'
import { at, idText, listAt, textAt, toIndex, toJson, toNumber } from './parts/values.ts'

export const rllm = defineJsonImporter({
  id: 'rllm',
  name: 'rLLM episode log',
  family: 'agent',
  documentation: 'https://github.com/rllm-org/rllm/blob/main/rllm/utils/episode_logger.py',
  ownRows: true,
  items: ['training_step', 'episode_id', 'session_id', 'trajectories.*'],
  recognises: (head) =>
    /^\s*\{\s*"training_step"\s*:/.test(head.text) && /"episode_id"\s*:/.test(head.text.slice(0, 4096)),
  start(sink, file) {
    const untimed = new UntimedCalls(sink, file)
    let episode = ''
    let step: number | undefined
    let line = 1
    let begun = false
    const rewards: number[] = []
    const finish = () => {
      if (begun) {
        const common = { episode, ...(step !== undefined && { step }), boxHints: [], line }
        const [reward] = rewards
        sink.episode({ ...common, ...(rewards.length === 1 && reward !== undefined && { reward }) })
      }
      begun = false
      rewards.length = 0
    }
    return {
      item(path, value, itemLine) {
        if (path === 'training_step') {
          finish()
          begun = true
          line = itemLine
          step = toIndex(value)
          episode = 'unnamed'
        } else if (path === 'episode_id') episode = idText(value) ?? episode
        else if (path === 'trajectories.*') {
          const reward = toNumber(at(value, 'reward'))
          if (reward !== undefined) rewards.push(reward)
          trajectory(
            value,
            { episode, ...(step !== undefined && { step }), boxHints: [], line: itemLine },
            untimed,
            sink,
          )
        }
      },
      end() {
        finish()
        untimed.end()
      },
    }
  },
})

function trajectory(
  value: unknown,
  common: { readonly episode: string; readonly boxHints: readonly string[]; readonly line: number },
  untimed: UntimedCalls,
  sink: Sink,
): void {
  const reward = toNumber(at(value, 'reward'))
  const seen = new Set<string>()
  for (const step of listAt(value, 'steps')) {
    const conversation = listAt(step, 'chitemLinecompletions')
    const calls =
      conversation.length > 0
        ? callsOfTranscript(conversation)
        : callsOfTranscript([{ role: 'assistant', content: textAt(step, 'model_response') ?? '' }])
    for (const { id, name, args, turn, output } of calls) {
      const key = id ?? `${turn} ${name} ${toJson(args)}`
      // Each step repeats the conversation so far; an answer that was not there yet comes with a later one.
      if (seen.has(key)) {
        if (id !== undefined && output !== undefined) {
          const known = untimed.get(id)
          if (known && known.output === undefined) known.output = output
        }
        sink.skip('repeated from an earlier step')
        continue
      }
      seen.add(key)
      untimed.add({
        ...common,
        ...(id !== undefined && { sourceId: id }),
        ...(reward !== undefined && { reward }),
        turn,
        name,
        ...callText(name, args),
        ...(output !== undefined && { output }),
      })
    }
  }
}
