import { useState } from 'react'
import { csvOfRows } from '../../format/csv.ts'
import { problemTextOf } from '../../net/client.ts'
import { saveFile } from '../save-file.ts'

interface CsvButtonProps {
  /** Of the file, without its ending. */
  readonly name: string
  /** The rows that fit the filters now. */
  readonly rows: () => Promise<readonly object[]>
}

/** What the table shows, as a file. */
export function CsvButton({ name, rows }: CsvButtonProps) {
  const [state, setState] = useState<'idle' | 'busy' | { failed: string }>('idle')
  const save = async () => {
    setState('busy')
    try {
      // With the mark that tells spreadsheets which encoding it is.
      saveFile(`${name}.csv`, new Blob(['\ufeff', csvOfRows(await rows())], { type: 'text/csv' }))
      setState('idle')
    } catch (error) {
      setState({ failed: problemTextOf(error).what })
    }
  }
  return (
    <>
      {typeof state === 'object' && <span role="alert">{state.failed}</span>}
      <button type="button" className="small" disabled={state === 'busy'} onClick={save}>
        {state === 'busy' ? 'Collecting…' : 'CSV'}
      </button>
    </>
  )
}
