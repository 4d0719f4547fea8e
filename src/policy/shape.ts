// Shapes: one description reads a value strictly, with the line of what is wrong, and is the JSON schema of it.

import { nearestWord } from '../base/suggest.ts'
import { plain } from '../base/terminal.ts'
import type { YamlNode } from '../base/yaml.ts'
import { type ReadContext, report } from './problems.ts'

export type JsonSchema = { readonly [key: string]: unknown }

export interface Shape<T> {
  /** `at` is where in the policy, for messages: `allow`, `limits.destinations`. Undefined = a problem was reported. */
  read(node: YamlNode, at: string, context: ReadContext): T | undefined
  readonly schema: JsonSchema
}

/** What a text turned out not to be. */
export interface Refusal {
  readonly wants: string
  readonly fix?: string
}

export const itemsMax = 10_000
const textCharsMax = 2_048

/** One scalar; `parse` gets its text and says what it is, or why not. */
export function scalar<T>(
  schema: JsonSchema,
  parse: (text: string) => { readonly value: T } | Refusal,
): Shape<T> {
  return {
    schema,
    read(node, at, context) {
      if (node.kind === 'text' && node.text.length <= textCharsMax) {
        const result = parse(node.text)
        if ('value' in result) return result.value
        return report(context, node.line, `\`${at}\` wants ${result.wants}; got ${shown(node)}`, result.fix)
      }
      const result = parse('')
      const wants = 'wants' in result ? result.wants : 'one text'
      return report(context, node.line, `\`${at}\` wants ${wants}; got ${shown(node)}`)
    },
  }
}

/** One of some words. */
export function word<const W extends string>(words: readonly W[]): Shape<W> {
  return scalar({ enum: words }, (text) => {
    const value = words.find((known) => known === text)
    if (value !== undefined) return { value }
    const near = nearestWord(text, words)
    const wants = words.length > 1 ? `one of ${words.join(', ')}` : `${words[0]}`
    return { wants, ...(near !== undefined && text !== '' && { fix: `Did you mean ${near}?` }) }
  })
}

/** A list; one item may stand alone, and nothing behind the colon is an empty list. */
export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return {
    schema: { anyOf: [{ type: 'array', items: item.schema }, item.schema, { type: 'null' }] },
    read(node, at, context) {
      if (isEmpty(node)) return []
      const nodes = node.kind === 'list' ? node.items : [node]
      if (nodes.length > itemsMax)
        return report(context, node.line, `\`${at}\` has more than ${itemsMax} items`)
      return nodes.flatMap((one) => item.read(one, at, context) ?? [])
    },
  }
}

type Fields = Readonly<Record<string, readonly [Shape<unknown>, string]>>
type ValueOf<F extends Fields> = { readonly [K in keyof F]?: F[K][0] extends Shape<infer T> ? T : never }

/** A map with known keys, each with its description. `line` is where the map begins. */
export function object<const F extends Fields>(
  fields: F,
  { required = [], title }: { required?: readonly (keyof F & string)[]; title?: string } = {},
): Shape<ValueOf<F> & { readonly line: number }> {
  const names = Object.keys(fields)
  return {
    schema: {
      ...(title !== undefined && { title }),
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(fields).map(([name, [shape, description]]) => [
          name,
          { description, ...shape.schema },
        ]),
      ),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    },
    read(node, at, context) {
      if (isEmpty(node)) return { line: node.line } as ValueOf<F> & { readonly line: number }
      if (node.kind !== 'map') {
        const wants = at === '' ? 'a policy wants keys' : `\`${at}\` wants keys`
        return report(context, node.line, `${wants} like ${names.slice(0, 3).join(', ')}; got ${shown(node)}`)
      }
      const value: Record<string, unknown> = { line: node.line }
      for (const [name, field] of node.fields) {
        const known = Object.hasOwn(fields, name) ? fields[name] : undefined
        if (known) {
          const read = known[0].read(field.value, at === '' ? name : `${at}.${name}`, context)
          if (read !== undefined) value[name] = read
          continue
        }
        const near = nearestWord(name, names)
        const where = at === '' ? 'a policy has' : `\`${at}\` has`
        const inText = name.includes(' ')
          ? 'Inside { } a comma ends a text: put the text in quotes.'
          : undefined
        const fix =
          inText ?? (near === undefined ? `Known keys: ${names.join(', ')}.` : `Did you mean \`${near}\`?`)
        report(context, field.line, `${where} no key \`${plain(name, 60)}\``, fix)
      }
      for (const name of required) {
        if (!node.fields.has(name))
          report(context, node.line, `${at === '' ? 'the policy' : `\`${at}\``} lacks \`${name}\``)
      }
      return value as ValueOf<F> & { readonly line: number }
    },
  }
}

/** A map whose keys are names of the user's own. */
export function mapOf<T>(key: Shape<string>, value: Shape<T>): Shape<ReadonlyMap<string, T>> {
  return {
    schema: { type: 'object', propertyNames: key.schema, additionalProperties: value.schema },
    read(node, at, context) {
      const map = new Map<string, T>()
      if (isEmpty(node)) return map
      if (node.kind !== 'map')
        return report(context, node.line, `\`${at}\` wants keys and values; got ${shown(node)}`)
      for (const [name, field] of node.fields) {
        const keyNode: YamlNode = { kind: 'text', line: field.line, text: name, quoted: true }
        const readKey = key.read(keyNode, at, context)
        const readValue = value.read(field.value, `${at}.${plain(name, 60)}`, context)
        if (readKey !== undefined && readValue !== undefined) map.set(readKey, readValue)
      }
      return map
    },
  }
}

/** Reads by what kind of node it is: a scalar one way, a map another. */
export function scalarOr<T, U>(text: Shape<T>, map: Shape<U>): Shape<T | U> {
  return {
    schema: { anyOf: [text.schema, map.schema] },
    read: (node, at, context) => (node.kind === 'map' ? map : text).read(node, at, context),
  }
}

export function isEmpty(node: YamlNode): boolean {
  return node.kind === 'text' && !node.quoted && /^(?:|~|null)$/i.test(node.text)
}

export function shown(node: YamlNode): string {
  if (node.kind === 'list') return 'a list'
  if (node.kind === 'map') return 'a map'
  return node.text === '' ? 'nothing' : plain(node.text, 80)
}
