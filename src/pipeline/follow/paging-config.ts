// What to page on and how, from YAML: `page: [{ on: critical, webhook: https://… }, { on: tunnel.reverse-ssh, command: [..] }]`.

import { OperatorError } from '../../base/errors.ts'
import { nearestWord } from '../../base/suggest.ts'
import { plainYaml, readYaml, type YamlNode } from '../../base/yaml.ts'
import { detections } from '../../detections/registry.generated.ts'
import { severities } from '../../schema/event.ts'
import type { PageRule } from './api.ts'

const rulesMax = 100
const argumentsMax = 64

/** Throws OperatorError (usage) that names the file, the line and what is wanted. */
export function parsePaging(text: string, path: string): PageRule[] {
  const { documents, problems } = readYaml(text)
  const [problem] = problems
  if (problem) throw wrong(path, problem.line, problem.reason, 'Mend the YAML.')
  const [root] = documents
  if (!root) return []
  if (root.kind !== 'map') throw wrong(path, root.line, '`page` is missing', example)
  const unknown = [...root.fields].find(([key]) => key !== 'page')
  if (unknown) throw wrong(path, unknown[1].line, `there is no \`${unknown[0]}\` here`, example)
  const list = root.fields.get('page')?.value
  if (list?.kind !== 'list') throw wrong(path, root.line, '`page` wants a list', example)
  if (list.items.length > rulesMax)
    throw wrong(path, list.line, `more than ${rulesMax} rules`, 'Leave some out.')
  return list.items.map((item) => rule(item, path))
}

function rule(item: YamlNode, path: string): PageRule {
  if (item.kind !== 'map')
    throw wrong(path, item.line, 'a rule wants `on` and `webhook` or `command`', example)
  for (const [key, { line }] of item.fields) {
    if (key !== 'on' && key !== 'webhook' && key !== 'command')
      throw wrong(path, line, `a rule knows no \`${key}\``, example)
  }
  const on = textAt(item, 'on', path)
  if (on === undefined) throw wrong(path, item.line, '`on` is missing', example)
  const known = [...severities, ...detections.map(({ id }) => id)]
  if (!known.includes(on)) {
    const near = nearestWord(on, known)
    throw wrong(
      path,
      item.fields.get('on')!.line,
      `there is no severity and no detection \`${on}\``,
      near === undefined ? `A severity is one of ${severities.join(', ')}.` : `Did you mean ${near}?`,
    )
  }
  const webhook = textAt(item, 'webhook', path)
  const command = commandOf(item, path)
  if ((webhook === undefined) === (command === undefined)) {
    throw wrong(path, item.line, 'a rule wants either `webhook` or `command`', example)
  }
  if (webhook !== undefined) checkUrl(webhook, path, item.fields.get('webhook')!.line)
  return { on, ...(webhook === undefined ? {} : { webhook }), ...(command === undefined ? {} : { command }) }
}

function textAt(item: YamlNode & { kind: 'map' }, key: string, path: string): string | undefined {
  const field = item.fields.get(key)
  if (!field) return undefined
  if (field.value.kind !== 'text' || field.value.text === '')
    throw wrong(path, field.line, `\`${key}\` wants a text`, example)
  return field.value.text
}

function commandOf(item: YamlNode & { kind: 'map' }, path: string): string[] | undefined {
  const field = item.fields.get('command')
  if (!field) return undefined
  const words = field.value.kind === 'list' ? plainYaml(field.value) : undefined
  const valid = Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string')
  if (!valid || words.length > argumentsMax || words[0] === '') {
    throw wrong(
      path,
      field.line,
      '`command` wants a list: the program and its arguments, each for itself',
      'No shell reads it: [notify-send, Vigiles]',
    )
  }
  return words.map(String)
}

/** Throws OperatorError for what is no address of a web server. */
export function checkUrl(webhook: string, path: string, line: number): void {
  let url: URL | undefined
  try {
    url = new URL(webhook)
  } catch {
    // Said below.
  }
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw wrong(path, line, '`webhook` wants an address that begins with https:// or http://', example)
  }
  if (url.username !== '' || url.password !== '') {
    throw wrong(
      path,
      line,
      '`webhook` must not hold a password',
      'Put a token into the path, or page by a command.',
    )
  }
}

const example = 'For example: page: [{ on: critical, webhook: https://pager.example.com/hook }]'

function wrong(path: string, line: number, what: string, fix: string): OperatorError {
  return new OperatorError('usage', { what: `${path}:${line}: ${what}.`, fix })
}
