// A destination as a rule: what would change, and saving it.

import { changePolicy, type PolicyChange } from '../../pipeline/policy-change.ts'
import { offeredFile, policyFiles, readPolicyText, sha256Of, writePolicyText } from '../live/policy-files.ts'
import { Problem } from '../problem.ts'
import type { Source } from '../sources.ts'
import type { PolicyProposal, ProposeRequest, SavePolicy } from '../wire/policy.ts'

/** Throws Problem or OperatorError for what can't become a rule. */
export function proposeChange(source: Source, stateFolder: string, request: ProposeRequest): PolicyProposal {
  const files = policyFiles(source, stateFolder)
  const file = offeredFile(files, request.file)
  const before = file.exists ? readPolicyText(file.path) : ''
  const change = changeOf(before, file.path, request)
  const wanted = request.want === 'allow' ? 'allowed' : 'denied'
  const { item, diff, verdictBefore, verdictAfter, explanation } = change
  return {
    file,
    files: [...files],
    sha256: sha256Of(before),
    item,
    diff,
    verdictBefore,
    verdictAfter,
    explanation: [...explanation],
    notes: [
      ...(verdictAfter === wanted
        ? verdictBefore === wanted
          ? [`It is ${wanted} already by this policy.`]
          : []
        : [`It stays ${verdictAfter} all the same: see which rule decides.`]),
      ...(file.exists ? [] : ['This file is new and holds nothing else: what it does not allow is denied.']),
      whenItHolds(file.path, file.from === 'run'),
    ],
  }
}

/** Saves what was proposed. Throws a Problem (409) when the file has changed since. */
export function saveChange(source: Source, stateFolder: string, request: SavePolicy) {
  const file = offeredFile(policyFiles(source, stateFolder), request.file)
  const before = file.exists ? readPolicyText(file.path) : ''
  if (sha256Of(before) !== request.sha256) {
    throw new Problem(409, {
      what: `${file.path} has changed since this was shown.`,
      why: 'What is saved has to be what was seen.',
      fix: 'Look at the difference again.',
    })
  }
  const { after } = changeOf(before, file.path, request)
  const backup = writePolicyText(file.path, after, file.exists ? before : undefined)
  return {
    file: file.path,
    backup,
    sha256: sha256Of(after),
    notes: [whenItHolds(file.path, file.from === 'run')],
  }
}

function changeOf(before: string, path: string, request: ProposeRequest | SavePolicy): PolicyChange {
  const { want, host, port, transport, protocol } = request
  return changePolicy(before, path, {
    want,
    host,
    ...(port !== undefined && { port }),
    ...(transport !== undefined && { transport }),
    ...(protocol !== undefined && { protocol }),
  })
}

function whenItHolds(path: string, isOfRun: boolean): string {
  return isOfRun
    ? 'It holds for runs that begin from now on; what runs keeps the policy it began with.'
    : `It holds for runs that are started with it: vigiles run --policy ${path} -- COMMAND`
}
