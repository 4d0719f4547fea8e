import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OperatorError } from '../base/errors.ts'

let template: string | undefined
/** The report's page without its content, built by `npm run build`. Throws OperatorError when it never was. */
export function reportTemplate(): string {
  if (template === undefined) {
    const path = fileURLToPath(new URL('../../dist/report-template.html', import.meta.url))
    if (!existsSync(path)) {
      throw new OperatorError('environment', {
        what: 'The report template is missing from this installation.',
        fix: 'Run `npm run build` in the folder of vigiles.',
      })
    }
    template = readFileSync(path, 'utf8')
  }
  return template
}
