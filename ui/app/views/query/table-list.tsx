import type { TablesAnswer } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { Panel } from '../../parts/panel.tsx'
import { Await } from '../../parts/states.tsx'

/** What can be asked about; a click on a name puts it into the query. */
export function TableList({ onPick }: { onPick: (name: string) => void }) {
  const tables = useLoad('tables', (signal) => ask<TablesAnswer>('/tables', {}, signal))
  return (
    <Panel title="Tables">
      <Await loaded={tables} what="Reading the tables…">
        {(value) => (
          <ul className="table-list">
            {value.tables.map(({ name, row, columns }) => (
              <li key={name}>
                <details>
                  <summary>
                    <code>{name}</code> <small className="quiet">{row}</small>
                  </summary>
                  <ul>
                    {columns.map((column) => (
                      <li key={column.name}>
                        <button type="button" className="inline" onClick={() => onPick(column.name)}>
                          {column.name}
                        </button>{' '}
                        <small className="quiet">
                          {column.type.toLowerCase()}: {column.says}
                        </small>
                      </li>
                    ))}
                  </ul>
                </details>
              </li>
            ))}
          </ul>
        )}
      </Await>
    </Panel>
  )
}
