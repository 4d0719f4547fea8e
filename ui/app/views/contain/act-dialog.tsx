// The question before an act: what exactly stops is asked of the sandbox itself, and asked again while it stands there.

import { visible } from '../../../../src/base/terminal.ts'
import { count, counted } from '../../../../src/exporters/words.ts'
import type { ContainPreview, ContainRequest, ContainResult } from '../../../../src/server/api.ts'
import { act, ask } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { useTick } from '../../net/use-tick.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Loading, ProblemPanel } from '../../parts/states.tsx'
import { actLabels, titleOf } from './acts.ts'

const listMax = 8
const namesMax = 12
const againMs = 2_000

interface ActDialogProps {
  readonly source: string
  readonly box: string
  readonly request: ContainRequest
  readonly onDone: (request: ContainRequest, result: ContainResult) => void
  readonly onClose: () => void
}

export function ActDialog({ source, box, request, onDone, onClose }: ActDialogProps) {
  const path = `/sources/${encodeURIComponent(source)}/contain`
  const turn = useTick(againMs)
  const title = visible(`${titleOf(request, box).slice(0, 200)}?`)
  const preview = useLoad(
    `preview ${JSON.stringify(request)} ${turn}`,
    (signal) => ask<ContainPreview>(`${path}/preview`, { ...request }, signal),
    { keep: true },
  )
  if (!preview.value) {
    return (
      <Dialog title={title} onClose={onClose}>
        {preview.problem ? (
          <ProblemPanel problem={preview.problem} onRetry={preview.reload} />
        ) : (
          <Loading what="Asking the sandbox what this would stop…" />
        )}
        <div className="dialog-buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </Dialog>
    )
  }
  return (
    <ConfirmDialog
      title={title}
      label={actLabels[request.act]}
      isGrave={request.act === 'kill'}
      {...(request.act === 'kill' && { typed: 'kill' })}
      onConfirm={async () => onDone(request, await act<ContainResult>('POST', path, request))}
      onClose={onClose}
    >
      <Stops preview={preview.value} />
      {preview.problem && <ProblemPanel problem={preview.problem} />}
    </ConfirmDialog>
  )
}

function Stops({ preview }: { preview: ContainPreview }) {
  const { act, sentences, calls, connections, connectionsCut, undoneBy } = preview
  const [stopped, cut] = [act === 'thaw' ? 'Runs on' : 'Stops', 'Is cut']
  return (
    <>
      {sentences
        .filter((sentence) => act !== 'kill' || !sentence.startsWith('This can’t be undone'))
        .map((sentence) => (
          <p key={sentence}>{visible(sentence.slice(0, 500))}</p>
        ))}
      {(calls.length > 0 || connections.length > 0) && (
        <dl className="stops">
          {calls.slice(0, listMax).map(({ call, name, processes, running }) => (
            <div key={call}>
              <dt>{stopped}</dt>
              <dd>
                <b>{visible(name.slice(0, 100) || call.slice(0, 100))}</b> call{' '}
                <code>{visible(call.slice(0, 100))}</code>, {counted(processes, 'process', 'processes')}
                <small>
                  {running
                    .slice(0, namesMax)
                    .map(({ pid, name }) => `${name} ${pid}`)
                    .map((text) => visible(text.slice(0, 80)))
                    .join(', ')}
                  {processes > Math.min(running.length, namesMax) && running.length > 0 && ', …'}
                </small>
              </dd>
            </div>
          ))}
          {calls.length > listMax && (
            <div>
              <dt>{stopped}</dt>
              <dd>and {counted(calls.length - listMax, 'more call')}</dd>
            </div>
          )}
          {connections.slice(0, listMax).map(({ to, call }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two connections may be alike in everything that is told.
            <div key={`${i} ${to}`}>
              <dt>{cut}</dt>
              <dd>
                <code>{visible(to.slice(0, 200))}</code>
                {call !== null && <> of call {visible(call.slice(0, 100))}</>}
              </dd>
            </div>
          ))}
          {connectionsCut > Math.min(connections.length, listMax) && (
            <div>
              <dt>{cut}</dt>
              <dd>and {count(connectionsCut - Math.min(connections.length, listMax))} more</dd>
            </div>
          )}
        </dl>
      )}
      {undoneBy !== null && (
        <p className="quiet">
          {actLabels[undoneBy]} takes it back. The journal of the run names who asked for it.
        </p>
      )}
    </>
  )
}
