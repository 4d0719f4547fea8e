import { visible } from '../../../../src/base/terminal.ts'
import { oddsText, pText } from '../../../../src/exporters/words.ts'
import type { WhyAnswer } from '../../../../src/server/api.ts'
import { Moment } from '../../parts/moment.tsx'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'

type CandidateOf = WhyAnswer['candidates'][number]

/** Log odds at which a bar is full: a factor of a million. */
const fullLogOdds = Math.log(1e6)

/** All answers to scale, the recorded calls first. */
export function Share({ answer }: { answer: WhyAnswer }) {
  const parts = [
    ...answer.candidates.map(({ p }, i) => ({ name: `candidate-${i}`, p, label: `${i + 1}` })),
    { name: 'others', p: answer.pOther, label: 'others' },
    { name: 'none', p: answer.pNone, label: 'none' },
  ].filter(({ p }) => p >= 0.005)
  return (
    <svg
      className="share-bar"
      viewBox="0 0 1000 20"
      preserveAspectRatio="none"
      role="img"
      aria-label={parts.map(({ label, p }) => `${label} p ${pText(p)}`).join(', ')}
    >
      {parts.map(({ name, p }, i) => {
        const x = parts.slice(0, i).reduce((sum, part) => sum + part.p, 0) * 1000
        return (
          <rect
            key={name}
            className={`share-${name}`}
            x={x}
            y={0}
            width={Math.max(2, p * 1000 - 2)}
            height={20}
          />
        )
      })}
    </svg>
  )
}

export function Candidate({
  source,
  candidate,
  place,
}: {
  source: string
  candidate: CandidateOf
  place: number
}) {
  const { toolCall, p, call, revealed, evidence } = candidate
  return (
    <li className={`candidate candidate-edge-${place}`}>
      <div className="candidate-head">
        <b>p {pText(p)}</b>
        <Link to={{ view: 'calls', source, id: toolCall }}>
          {visible((call?.name ?? toolCall).slice(0, 80))}
        </Link>
        {call !== null && (
          <span className="quiet">
            <Moment iso={call.start} digits={3} />
            {call.box !== null && `, ${visible(call.box.slice(0, 60))}`}
            {call.step !== null && `, step ${call.step}`}
            {call.reward !== null && `, reward ${call.reward}`}
          </span>
        )}
      </div>
      {call !== null && (
        <pre>
          <LogText text={call.command} max={500} keepLines />
        </pre>
      )}
      {revealed !== null && (
        <p className="revealed">
          which runs{' '}
          <code>
            <LogText text={revealed} max={500} />
          </code>
        </p>
      )}
      <ul className="odds">
        {evidence.map(({ kind, logOdds, text }) => (
          <li key={`${kind} ${text}`}>
            <span className={logOdds >= 0 ? 'for' : 'against'}>{oddsText(logOdds)}</span>
            <OddsBar logOdds={logOdds} />
            <span>
              <LogText text={text} />
            </span>
          </li>
        ))}
      </ul>
    </li>
  )
}

/** For it to the right of the middle, against it to the left. */
function OddsBar({ logOdds }: { logOdds: number }) {
  const share = Math.min(1, Math.abs(Number.isFinite(logOdds) ? logOdds : fullLogOdds) / fullLogOdds) * 50
  return (
    <svg className="odds-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect className="odds-middle" x={49.5} y={0} width={1} height={10} />
      <rect
        className={logOdds >= 0 ? 'odds-for' : 'odds-against'}
        x={logOdds >= 0 ? 50 : 50 - share}
        y={2}
        width={share}
        height={6}
      />
    </svg>
  )
}
