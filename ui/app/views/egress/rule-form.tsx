// A destination as a rule of a policy: what would change and what it would decide is shown before anything is saved.

import { useState } from 'react'
import type { EgressRow, PolicyProposal, PolicySaved } from '../../../../src/server/api.ts'
import { act } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { Await } from '../../parts/states.tsx'
import { Proposal } from './proposal.tsx'
import { Saved } from './saved.tsx'

interface RuleFormProps {
  readonly source: string
  readonly row: EgressRow
  readonly host: string
}

export function RuleForm({ source, row, host }: RuleFormProps) {
  // What was only ever denied is asked about to be allowed; anything else, to be denied.
  const [want, setWant] = useState<'allow' | 'deny'>(
    row.denied > 0 && row.denied === row.events ? 'allow' : 'deny',
  )
  const port = row.kind === 'connection' && row.port !== null && row.port > 0 ? row.port : undefined
  const [isPortOnly, setPortOnly] = useState(port !== undefined)
  const [file, setFile] = useState<string>()
  const [saved, setSaved] = useState<PolicySaved>()
  const wish = {
    want,
    host: host.slice(0, 300),
    ...(isPortOnly && port !== undefined && { port }),
    ...(file !== undefined && { file }),
  }
  const path = `/sources/${encodeURIComponent(source)}/policy`
  const proposed = useLoad(
    `rule ${source} ${JSON.stringify(wish)}`,
    (signal) => act<PolicyProposal>('POST', `${path}/propose`, wish, signal),
    { keep: true },
  )
  const save = async ({ file: to, sha256 }: PolicyProposal) => {
    setSaved(await act<PolicySaved>('POST', `${path}/save`, { ...wish, file: to.path, sha256 }))
    proposed.reload()
  }
  const change = (set: () => void) => {
    set()
    setSaved(undefined)
  }
  return (
    <div className="rule">
      <fieldset className="rule-wish">
        <legend className="unseen">The rule</legend>
        {(['allow', 'deny'] as const).map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="want"
              checked={want === one}
              onChange={() => change(() => setWant(one))}
            />
            {one === 'allow' ? 'allow it' : 'deny it'}
          </label>
        ))}
        {port !== undefined && (
          <label>
            <input
              type="checkbox"
              checked={isPortOnly}
              onChange={(event) => change(() => setPortOnly(event.target.checked))}
            />
            only port {port}
          </label>
        )}
      </fieldset>
      {saved ? (
        <Saved saved={saved} onClose={() => setSaved(undefined)} />
      ) : (
        <Await loaded={proposed} what="Looking at the policy…">
          {(proposal) =>
            proposed.problem ? null : (
              <Proposal
                proposal={proposal}
                isStale={proposed.loading}
                onFile={setFile}
                onSave={() => save(proposal)}
              />
            )
          }
        </Await>
      )}
    </div>
  )
}
