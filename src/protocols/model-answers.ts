// The tool calls in what a model answers, as the bytes pass: Anthropic's Messages, OpenAI's Chat Completions and Responses,
// and the many that speak as these do; whole or as a stream of events.
//
//   data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"Bash","input":{}}}
//   data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"command\":\"ls\"}"}}
//   data: {"type":"content_block_stop","index":1}
//   data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"bash","arguments":"{…"}}]}}]}
//   data: {"type":"response.output_item.done","item":{"type":"function_call","call_id":"call_1","name":"shell","arguments":"{…}"}}

export interface ModelCall {
  readonly id: string
  readonly name: string
  /** Parsed arguments; text where they are none. */
  readonly input: unknown
}

const limits = {
  /** Of one answer; what comes after is not read. */
  chars: 8 * 1024 * 1024,
  /** Of one event. */
  lineChars: 1024 * 1024,
  calls: 64,
  argumentChars: 256 * 1024,
  textChars: 200,
} as const

/** Whether a request asks a model for an answer. */
export function isModelRequest(method: string, path: string): boolean {
  return method === 'POST' && /\/(?:messages|chat\/completions|responses)(?:\?|$)/.test(path)
}

interface Growing {
  id: string
  name: string
  text: string
}

export class ModelAnswer {
  readonly #onCall: (call: ModelCall) => void
  readonly #growing = new Map<string, Growing>()
  readonly #stream: boolean
  #text = ''
  #read = 0
  #calls = 0
  #over = false

  /** `stream`: the answer's media type is text/event-stream. `onCall` hears of each call once it is whole. */
  constructor(stream: boolean, onCall: (call: ModelCall) => void) {
    this.#stream = stream
    this.#onCall = onCall
  }

  /** Nothing that comes now is read. */
  get over(): boolean {
    return this.#over
  }

  /** Never throws, whatever the text. */
  text(piece: string): void {
    if (this.#over) return
    this.#read += piece.length
    if (this.#read > limits.chars) {
      this.#over = true
      this.#text = ''
      return
    }
    // A line that comes in many pieces is not looked through again for each.
    let end = this.#stream ? piece.indexOf('\n') : -1
    let from = 0
    for (; end >= 0; end = piece.indexOf('\n', from)) {
      this.#line(this.#text + piece.slice(from, end))
      this.#text = ''
      from = end + 1
    }
    this.#text += piece.slice(from)
    if (!this.#stream) return
    if (this.#text.length > limits.lineChars) this.#over = true
  }

  end(): void {
    if (!this.#over && this.#stream) this.#line(this.#text)
    else if (!this.#over) this.#whole(parsed(this.#text))
    for (const key of [...this.#growing.keys()]) this.#grown(key)
    this.#over = true
  }

  #line(line: string): void {
    if (!line.startsWith('data:')) return
    const event = parsed(line.slice(5))
    const index = at(event, 'index')
    const type = at(event, 'type')
    if (type === 'content_block_start') {
      const block = at(event, 'content_block')
      if (at(block, 'type') !== 'tool_use') return
      // Some send all of it at once.
      const input = at(block, 'input')
      const whole = isObject(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : ''
      this.#grow(`block ${index}`, at(block, 'id'), at(block, 'name'), whole)
    } else if (type === 'content_block_delta') {
      this.#grow(`block ${index}`, undefined, undefined, at(at(event, 'delta'), 'partial_json'))
    } else if (type === 'content_block_stop') this.#grown(`block ${index}`)
    else if (type === 'response.output_item.done') this.#item(at(event, 'item'))
    else {
      for (const choice of listOf(at(event, 'choices'))) {
        for (const call of listOf(at(at(choice, 'delta'), 'tool_calls'))) {
          const key = `choice ${at(choice, 'index')} ${at(call, 'index')}`
          const told = at(call, 'function')
          this.#grow(key, at(call, 'id'), at(told, 'name'), at(told, 'arguments'))
        }
        if (typeof at(choice, 'finish_reason') === 'string')
          for (const key of [...this.#growing.keys()])
            if (key.startsWith(`choice ${at(choice, 'index')} `)) this.#grown(key)
      }
    }
  }

  #whole(answer: unknown): void {
    for (const block of listOf(at(answer, 'content'))) {
      if (at(block, 'type') === 'tool_use') this.#call(at(block, 'id'), at(block, 'name'), at(block, 'input'))
    }
    for (const choice of listOf(at(answer, 'choices'))) {
      for (const call of listOf(at(at(choice, 'message'), 'tool_calls'))) {
        const told = at(call, 'function')
        this.#call(at(call, 'id'), at(told, 'name'), argumentsOf(at(told, 'arguments')))
      }
    }
    for (const item of listOf(at(answer, 'output'))) this.#item(item)
  }

  #item(item: unknown): void {
    const type = at(item, 'type')
    const id = at(item, 'call_id') ?? at(item, 'id')
    if (type === 'function_call') this.#call(id, at(item, 'name'), argumentsOf(at(item, 'arguments')))
    else if (type === 'custom_tool_call') this.#call(id, at(item, 'name'), at(item, 'input'))
    else if (type === 'local_shell_call') this.#call(id, 'local_shell', at(item, 'action'))
  }

  #grow(key: string, id: unknown, name: unknown, more: unknown): void {
    let one = this.#growing.get(key)
    if (!one) {
      if (this.#growing.size >= limits.calls) return
      one = { id: '', name: '', text: '' }
      this.#growing.set(key, one)
    }
    if (one.id === '' && typeof id === 'string') one.id = id
    if (one.name === '' && typeof name === 'string') one.name = name
    if (typeof more === 'string' && one.text.length < limits.argumentChars) one.text += more
  }

  #grown(key: string): void {
    const one = this.#growing.get(key)
    this.#growing.delete(key)
    if (one) this.#call(one.id, one.name, argumentsOf(one.text))
  }

  #call(id: unknown, name: unknown, input: unknown): void {
    if (typeof id !== 'string' || typeof name !== 'string' || id === '' || name === '') return
    if (this.#calls++ >= limits.calls) return
    this.#onCall({ id: id.slice(0, limits.textChars), name: name.slice(0, limits.textChars), input })
  }
}

function argumentsOf(text: unknown): unknown {
  if (typeof text !== 'string') return text
  return parsed(text) ?? text
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // `[DONE]`, or an answer that was cut off.
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function at(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, limits.calls) : []
}
