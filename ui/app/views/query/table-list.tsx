import type { TablesAnswer } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { Await } from '../../parts/states.tsx'

/** The tables of a case with their columns; a click puts a name into the statement. */
export function TableList({ onInsert }: { onInsert: (name: string) => void }) {
  const loaded = useLoad('tables', (signal) => ask<TablesAnswer>('/tables', {}, signal))
  return (
    <Await loaded={loaded} what="Reading the tables…">
      {({ tables }) => (
        <ul className="tables">
          {tables.map(({ name, row, columns }) => (
            <li key={name}>
              <details>
                <summary title={row}>
                  <code>{name}</code> <small>{columns.length}</small>
                </summary>
                <p className="quiet">
                  {row}{' '}
                  <button type="button" className="inline" onClick={() => onInsert(name)}>
                    insert {name}
                  </button>
                </p>
                <ul>
                  {columns.map((column) => (
                    <li key={column.name} title={column.says}>
                      <button type="button" className="inline" onClick={() => onInsert(column.name)}>
                        {column.name}
                      </button>{' '}
                      <small>{column.type.toLowerCase()}</small>
                    </li>
                  ))}
                </ul>
              </details>
            </li>
          ))}
        </ul>
      )}
    </Await>
  )
}
