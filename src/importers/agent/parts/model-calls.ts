// Calls that a model asked for, as they stand on the span of the model's answer. They matter where tools are not
// traced themselves.
//
//   gen_ai.output.messages  [{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"bash","arguments":{…}}]}]
//   llm.output_messages.0.message.tool_calls.0.tool_call.{id, function.name, function.arguments}     (OpenInference)
//   gen_ai.completion.0.tool_calls.0.{id, name, arguments}                                           (OpenLLMetry)

import { plainValue } from './any-value.ts'
import { idText, isRecord, listAt, parseJsonText, textAt } from './values.ts'

export interface ModelCall {
  id?: string
  name?: string
  arguments?: unknown
}

const callsMax = 64
const keyMax = 160

export function modelCalls(attributes: unknown): ModelCall[] {
  if (!Array.isArray(attributes)) return []
  const flat = new Map<string, ModelCall>()
  let whole: ModelCall[] = []
  for (const pair of attributes) {
    const key: unknown = isRecord(pair) ? pair.key : undefined
    if (typeof key !== 'string' || key.length > keyMax) continue
    if (key === 'gen_ai.output.messages') whole = fromMessages(plainValue(pair.value))
    else if (key.startsWith('llm.output_messages.') || key.startsWith('gen_ai.completion.')) {
      const at = key.indexOf('.tool_calls.')
      if (at < 0) continue
      const field = /^\.tool_calls\.\d{1,4}\.(?:tool_call\.)?(?:function\.)?(id|name|arguments)$/.exec(
        key.slice(at),
      )?.[1]
      if (field === undefined) continue
      const number = key.slice(0, key.indexOf('.', at + 12))
      let call = flat.get(number)
      if (!call) {
        if (flat.size >= callsMax) continue
        call = {}
        flat.set(number, call)
      }
      const value = plainValue(pair.value)
      if (field === 'arguments') call.arguments = value
      else {
        const text = idText(value)
        if (text !== undefined && field === 'id') call.id = text
        if (text !== undefined && field === 'name') call.name = text
      }
    }
  }
  return whole.length > 0 ? whole : [...flat.values()].filter((call) => call.name !== undefined)
}

function fromMessages(value: unknown): ModelCall[] {
  const messages = typeof value === 'string' ? parseJsonText(value) : value
  const calls: ModelCall[] = []
  for (const message of Array.isArray(messages) ? messages : []) {
    for (const part of listAt(message, 'parts')) {
      if (!isRecord(part) || part.type !== 'tool_call' || calls.length >= callsMax) continue
      const call: ModelCall = { arguments: part.arguments }
      const id = idText(part.id)
      const name = textAt(part, 'name')
      if (id !== undefined) call.id = id
      if (name !== undefined) call.name = name
      calls.push(call)
    }
  }
  return calls
}
