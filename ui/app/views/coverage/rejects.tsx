import { visible } from '../../../../src/base/terminal.ts'
import { count, counted } from '../../../../src/exporters/words.ts'
import type { CoverageAnswer } from '../../../../src/server/api.ts'
import { Panel } from '../../parts/panel.tsx'
import { LogText } from '../../parts/text.tsx'

/** Rows that could not be read, by reason, with a few of each. */
export function RejectsPanel({
  rejects: { total, looked, reasons },
}: {
  rejects: CoverageAnswer['rejects']
}) {
  return (
    <Panel
      title="Refused rows"
      lead="What could not be read is kept beside the case, never dropped in silence."
      tools={looked < total && `${count(looked)} of ${count(total)} looked at`}
    >
      {reasons.length === 0 ? (
        <p className="quiet">
          {total === 0 ? 'Every row could be read.' : `${counted(total, 'row')}, whose reasons are not kept.`}
        </p>
      ) : (
        <ul className="reasons">
          {reasons.map(({ reason, count: n, examples }) => (
            <li key={reason}>
              <p>
                <b>{count(n)}</b> <LogText text={reason} />
              </p>
              {examples.map(({ file, line, text }) => (
                <div key={`${file} ${line}`}>
                  <small>
                    {visible(file.slice(0, 200))}:{line}
                  </small>
                  <pre>
                    <LogText text={text} max={300} />
                  </pre>
                </div>
              ))}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
