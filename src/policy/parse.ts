// A policy's text, or an object from a program, to flat rules; strict, with the line and the fix of what is wrong.

import { plain } from '../base/terminal.ts'
import { readYaml, type YamlNode } from '../base/yaml.ts'
import { type ParsedPolicy, type ParseOptions, parsePolicyObject, parseWith } from './parse-object.ts'
import { type ReadContext, report } from './problems.ts'

export type { ParsedPolicy } from './parse-object.ts'

/** Longest policy that is read, in characters. */
export const policyCharsMax = 1 << 20

/**
 * Reads a policy. Never throws.
 *
 * @param source YAML (or JSON) text, or the same as an object
 * @param file what to call it in messages and rules
 */
export function parsePolicy(source: unknown, file: string, options: ParseOptions = {}): ParsedPolicy {
  if (typeof source !== 'string') return parsePolicyObject(source, file, options)
  return parseWith(file, options, (context) => readText(source, context))
}

function readText(text: string, context: ReadContext): YamlNode | undefined {
  if (text.length > policyCharsMax)
    return report(context, 1, `it is longer than ${policyCharsMax} characters`)
  const { documents, problems } = readYaml(text)
  for (const { line, reason } of problems) report(context, line, `this is no YAML: ${plain(reason, 160)}`)
  if (problems.length > 0) return undefined
  if (documents.length > 1) {
    return report(context, documents[1]!.line, 'a policy is one document', 'Remove the `---`.')
  }
  const [document] = documents
  return document ?? report(context, 1, 'the policy is empty', 'The least there is: version: 1')
}
