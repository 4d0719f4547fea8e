import { posix } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import type { HostView } from './mount-plan.ts'

const matchesMax = 1000

/**
 * What a path of a policy names now: `*` stands for any part of one name (`/dev/nvidia*`, `.env*`), also for names that
 * begin with a dot only where it says so. A path without stars names itself, existing or not.
 */
export function expandPath(host: HostView, path: string): string[] {
  if (!path.includes('*')) return [path]
  if (path.includes('**')) {
    throw new OperatorError('usage', {
      what: `The policy names ${path}; \`**\` stands for nothing in \`filesystem\`.`,
      why: 'What is named is mounted when the run begins, folder by folder.',
      fix: 'Name the folder itself: all below it belongs to it.',
    })
  }
  let found = ['/']
  for (const part of path.split('/').filter(Boolean)) {
    found = found.flatMap((folder) =>
      part.includes('*')
        ? host
            .list(folder)
            .filter((name) => fits(part, name))
            .map((name) => posix.join(folder, name))
        : [posix.join(folder, part)],
    )
    if (found.length > matchesMax) {
      throw new OperatorError('usage', {
        what: `The policy names ${path}, which are more than ${matchesMax} places.`,
        fix: 'Name the folder that holds them.',
      })
    }
  }
  return found.filter((at) => host.kind(at) !== 'missing').sort()
}

/** Without a regular expression: a pattern with many stars must not take long. */
function fits(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop() ?? ''
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false
  let at = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found < 0 || found + piece.length > name.length - last.length) return false
    at = found + piece.length
  }
  return true
}
