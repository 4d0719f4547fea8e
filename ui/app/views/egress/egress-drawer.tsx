import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { EgressRow } from '../../../../src/server/api.ts'
import { bytesText } from '../../format/bytes.ts'
import { useWhyNot } from '../../net/sources.ts'
import { Drawer } from '../../parts/drawer.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Pill } from '../../parts/pill.tsx'
import { Link } from '../../routing/link.tsx'
import { endpointText, rowKeyOf } from './egress-text.ts'
import { levels } from './level-columns.tsx'
import { RuleForm } from './rule-form.tsx'

interface EgressDrawerProps {
  readonly source: string
  readonly row: EgressRow
  readonly onClose: () => void
}

/** One row of the map: who, how often, when, and a rule for it. */
export function EgressDrawer({ source, row, onClose }: EgressDrawerProps) {
  const whyNot = useWhyNot()
  const said = [
    row.allowed > 0 && `${count(row.allowed)} allowed`,
    row.denied > 0 && `${count(row.denied)} denied`,
    row.unknown > 0 && `${count(row.unknown)} not said`,
  ].filter(Boolean)
  return (
    <Drawer title={endpointText(row)} about={rowKeyOf(row)} onClose={onClose}>
      <KeyValues
        rows={[
          ['Since then', row.status !== null && <Pill tone={row.status}>{row.status}</Pill>],
          ['Events', said.length === 0 ? 'none here' : said.join(', ')],
          ['Expected', Math.abs(row.expected - row.events) >= 0.005 && count(row.expected)],
          [
            'Addresses',
            row.addresses.length > 0 && (
              <code key="a">{visible(row.addresses.filter((one) => one !== null).join(', '))}</code>
            ),
          ],
          ['Sent', row.bytesOut !== null && bytesText(Number(row.bytesOut))],
          ['Received', row.bytesIn !== null && bytesText(Number(row.bytesIn))],
          ['First', row.firstTime !== null && <Moment key="f" iso={row.firstTime} digits={3} />],
          ['Last', row.lastTime !== null && <Moment key="l" iso={row.lastTime} digits={3} />],
          ['Run', row.run !== null && visible(row.run.slice(0, 200))],
          ['Training step', row.step],
          ['Sandbox', row.box !== null && <code key="b">{visible(row.box.slice(0, 200))}</code>],
          ['Tool', row.tool !== null && visible(row.tool.slice(0, 200))],
          [
            'Call',
            row.toolCall !== null && (
              <Link key="c" to={{ view: 'calls', source, id: row.toolCall }}>
                {visible(row.toolCall.slice(0, 80))}
              </Link>
            ),
          ],
          row.destination === null
            ? ['', null]
            : [
                'Who reached it',
                <span key="w" className="by-level">
                  {levels.slice(1).map(([level, word]) => (
                    <Link
                      key={level}
                      to={{
                        view: 'egress',
                        source,
                        params: {
                          level,
                          text: (row.destination ?? '').slice(0, 200),
                          ...(row.kind === 'dns' && { kind: 'dns' }),
                        },
                      }}
                    >
                      by {word}
                    </Link>
                  ))}
                </span>,
              ],
        ]}
      />
      <h3 className="rule-title">Make it a rule</h3>
      {row.destination === null ? (
        <p className="quiet">Its records name no destination that a rule could be about.</p>
      ) : whyNot !== undefined ? (
        <p className="quiet">{whyNot}</p>
      ) : (
        <RuleForm source={source} row={row} host={row.destination} />
      )}
    </Drawer>
  )
}
