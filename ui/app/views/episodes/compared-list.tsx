import { count, counted } from '../../../../src/exporters/words.ts'
import type { CompareItem, CompareList, CompareSide } from '../../../../src/server/api.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Severity } from '../../parts/pill.tsx'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'

interface ComparedListProps {
  readonly source: string
  readonly title: string
  /** Of the first column. */
  readonly head: string
  readonly lead?: string
  readonly list: CompareList
  /** What is counted. */
  readonly one: string
  readonly many?: string
  readonly isCode?: boolean
}

/** What only one did, side by side; what both did is folded away below. */
export function ComparedList({ title, lead, list, ...rest }: ComparedListProps) {
  const { items, onlyLeft, onlyRight, common, cut } = list
  const differing = items.filter(({ only }) => only !== null)
  const shared = items.filter(({ only }) => only === null)
  return (
    <Panel
      title={title}
      lead={lead}
      tools={
        <span>
          <b className="only-left">{count(onlyLeft)} only left</b>,{' '}
          <b className="only-right">{count(onlyRight)} only right</b>, {count(common)} both
        </span>
      }
    >
      {differing.length === 0 ? (
        <p className="quiet">
          {common === 0 ? 'Neither of them has any.' : 'The two do not differ in these.'}
        </p>
      ) : (
        <Items caption={`${title}, of one of them only`} items={differing} {...rest} />
      )}
      {shared.length > 0 && (
        <details className="both">
          <summary>What both did: {count(common)}</summary>
          <Items caption={`${title}, of both`} items={shared} {...rest} />
        </details>
      )}
      {cut && (
        <p className="quiet">
          Only the first {count(items.length)} of {count(onlyLeft + onlyRight + common)} are listed.
        </p>
      )}
    </Panel>
  )
}

interface ItemsProps extends Omit<ComparedListProps, 'title' | 'lead' | 'list'> {
  readonly caption: string
  readonly items: readonly CompareItem[]
}

function Items({ source, caption, head, items, one, many, isCode }: ItemsProps) {
  return (
    <table className="flow-table compared">
      <caption className="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col">Left</th>
          <th scope="col">Right</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.what} className={item.only === null ? undefined : `side-${item.only}`}>
            <td>
              {item.severity !== null && (
                <>
                  <Severity severity={item.severity} />{' '}
                </>
              )}
              {isCode ? (
                <code>
                  <LogText text={item.what} max={240} />
                </code>
              ) : (
                <LogText text={item.what || '–'} max={240} />
              )}
              {item.example !== null && item.example !== item.what && (
                <small>
                  {isCode && 'as '}
                  <LogText text={item.example} max={200} />
                </small>
              )}
            </td>
            <Side source={source} side={item.left} one={one} many={many} />
            <Side source={source} side={item.right} one={one} many={many} />
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface SideProps {
  readonly source: string
  readonly side: CompareSide
  readonly one: string
  readonly many: string | undefined
}

function Side({ source, side, one, many }: SideProps) {
  if (side.count === 0) return <td className="quiet">–</td>
  const what =
    many !== undefined && side.count !== 1 ? `${count(side.count)} ${many}` : counted(side.count, one)
  return (
    <td>
      {what}
      {side.denied > 0 && `, ${count(side.denied)} denied`}
      {side.firstTime !== null && (
        <>
          {' from '}
          <Moment iso={side.firstTime} show="clock" />
        </>
      )}
      <span className="by">
        {side.callsTotal === 1 ? ' by call' : ' by calls'}
        {side.calls.map((uid, i) => (
          <Link
            key={uid}
            to={{ view: 'calls', source, id: uid }}
            aria-label={`Call ${i + 1} of ${side.callsTotal}`}
          >
            {i + 1}
          </Link>
        ))}
        {side.callsTotal > side.calls.length && `and ${count(side.callsTotal - side.calls.length)} more`}
      </span>
    </td>
  )
}
