// The tool calls in what a model answered, in the shapes of the common APIs.
//
//   OpenAI Chat   {"choices":[{"message":{"tool_calls":[{"id":"call_1","function":{"name":"bash","arguments":"{…}"}}]}}]}
//   Responses     {"output":[{"type":"function_call","call_id":"call_1","name":"bash","arguments":"{…}"}]}
//   Anthropic     {"content":[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{…}}]}
//   in text       <tool_call>{"name":"bash","arguments":{…}}</tool_call>  or  <function=bash><parameter=command>ls</parameter></function>

import { at, idText, isRecord, listAt, parseJsonText, recordAt, textAt } from './values.ts'

export interface ReplyCall {
  readonly id?: string
  readonly name: string
  readonly args: unknown
}

/** Most calls taken from one reply. */
const callsMax = 1000

/** Calls of a whole API answer, or of one message. */
export function callsOfReply(reply: unknown): ReplyCall[] {
  const choices = listAt(reply, 'choices')
  if (choices.length > 0) {
    return choices.flatMap((choice) => callsOfMessage(recordAt(choice, 'message'))).slice(0, callsMax)
  }
  const output = listAt(reply, 'output')
  if (output.length > 0) return output.flatMap(callsOfItem).slice(0, callsMax)
  const inner = recordAt(reply, 'message')
  return callsOfMessage(inner ?? reply)
}

/** Calls of one assistant message; those in its text count only when it has no others. */
export function callsOfMessage(message: unknown): ReplyCall[] {
  const calls: ReplyCall[] = []
  for (const call of listAt(message, 'tool_calls').slice(0, callsMax)) {
    const found = callOf(typeof call === 'string' ? parseJsonText(call) : call)
    if (found) calls.push(found)
  }
  const single = recordAt(message, 'function_call')
  if (calls.length === 0 && single) {
    const found = callOf(single)
    if (found) calls.push(found)
  }
  const content = at(message, 'content')
  if (Array.isArray(content)) {
    for (const block of content.slice(0, callsMax)) calls.push(...callsOfItem(block))
  }
  if (calls.length > 0) return calls
  if (typeof content === 'string') return callsInText(content)
  return Array.isArray(content) ? content.flatMap((block) => callsInText(textAt(block, 'text') ?? '')) : []
}

function callsOfItem(item: unknown): ReplyCall[] {
  const type = textAt(item, 'type')
  const id = idText(at(item, 'call_id')) ?? idText(at(item, 'id'))
  const name = textAt(item, 'name')
  if (type === 'tool_use' || type === 'function_call' || type === 'custom_tool_call') {
    const args = at(item, 'input') ?? at(item, 'arguments')
    return name ? [{ ...(id && { id }), name, args }] : []
  }
  if (type === 'local_shell_call') {
    return [{ ...(id && { id }), name: 'local_shell', args: at(item, 'action') }]
  }
  return type === 'message' ? callsOfMessage(item) : []
}

function callOf(call: unknown): ReplyCall | undefined {
  if (!isRecord(call)) return undefined
  const inner = recordAt(call, 'function') ?? recordAt(call, 'custom') ?? call
  const name = textAt(inner, 'name') ?? textAt(call, 'name')
  if (!name) return undefined
  const id = idText(at(call, 'id')) ?? idText(at(call, 'tool_call_id')) ?? idText(at(call, 'call_id'))
  const args = at(inner, 'arguments') ?? at(inner, 'input') ?? at(inner, 'parameters')
  return { ...(id && { id }), name, args }
}

/** Calls that a chat template wrote into the text (Hermes, Qwen, Qwen-Coder). */
export function callsInText(text: string): ReplyCall[] {
  const calls: ReplyCall[] = []
  let from = 0
  let json = -2
  let xml = -2
  for (let tries = 0; tries < callsMax; tries++) {
    // What was not found before is not there later either.
    if (json !== -1) json = text.indexOf('<tool_call>', from)
    if (xml !== -1) xml = text.indexOf('<function=', from)
    const first = json < 0 ? xml : xml < 0 ? json : Math.min(json, xml)
    if (first < 0) return calls
    if (first === json) {
      const start = json + '<tool_call>'.length
      const to = text.indexOf('</tool_call>', start)
      const body = text.slice(start, to < 0 ? text.length : to).trim()
      const value = parseJsonText(body)
      const call = callOf(value)
      if (call) {
        calls.push(call)
        from = to < 0 ? text.length : to
      } else from = start
      continue
    }
    const end = text.indexOf('</function>', xml)
    const body = text.slice(xml, end < 0 ? text.length : end)
    const call = functionTag(body)
    if (call) calls.push(call)
    from = end < 0 ? text.length : end
  }
  return calls
}

/** `<function=NAME><parameter=KEY>VALUE</parameter>…` */
function functionTag(body: string): ReplyCall | undefined {
  const close = body.indexOf('>')
  const name = close < 0 ? '' : body.slice('<function='.length, close).trim()
  if (!name || name.length > 256) return undefined
  const args = new Map<string, string>()
  let from = close
  while (args.size < 100) {
    const start = body.indexOf('<parameter=', from)
    if (start < 0) break
    const keyEnd = body.indexOf('>', start)
    if (keyEnd < 0) break
    const end = body.indexOf('</parameter>', keyEnd)
    const value = body.slice(keyEnd + 1, end < 0 ? body.length : end).replace(/^\n|\n$/g, '')
    args.set(body.slice(start + '<parameter='.length, keyEnd).trim(), value)
    from = end < 0 ? body.length : end
  }
  return { name, args: Object.fromEntries(args) }
}
