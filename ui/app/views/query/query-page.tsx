// SQL over a case: a statement, its result, and beside it what can be asked of and what others asked.

import { useRef, useState } from 'react'
import type { SavedAnswer, SavedQuery } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { Panel } from '../../parts/panel.tsx'
import { ProblemPanel } from '../../parts/states.tsx'
import { useParam } from '../../routing/navigate.ts'
import type { ViewProps } from '../../shell/main-view.tsx'
import { draftOf, keepDraft } from './draft.ts'
import { QueryList } from './query-list.tsx'
import { ResultTable } from './result-table.tsx'
import { SaveDialog } from './save-dialog.tsx'
import { Statement } from './statement.tsx'
import { TableList } from './table-list.tsx'
import { useQuery } from './use-query.ts'
import './query.css'

/** A longer statement is no part of the address: servers and chat programs cut those. */
const addressCharsMax = 4_000

export function QueryPage({ source }: ViewProps) {
  const [linked, setLinked] = useParam('sql')
  const [sql, setSql] = useState(() => linked || draftOf(source))
  const [picked, setPicked] = useState<SavedQuery>()
  const [isSaving, setSaving] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const query = useQuery(source)
  const saved = useLoad('queries', (signal) => ask<SavedAnswer>('/queries', {}, signal))
  const [changed, setChanged] = useState<SavedAnswer>()
  const queries = (changed ?? saved.value)?.queries
  const change = (text: string) => {
    setSql(text)
    keepDraft(source, text)
  }
  const run = (text: string) => {
    if (text.trim() === '') return
    setLinked(text.length <= addressCharsMax ? text : '')
    void query.run(text)
  }
  const pick = (one: SavedQuery) => {
    change(one.sql)
    setPicked(one)
    run(one.sql)
  }
  const insert = (word: string) => {
    const element = field.current
    if (!element) return
    element.focus()
    element.setRangeText(word, element.selectionStart, element.selectionEnd, 'end')
    change(element.value)
  }
  return (
    <>
      <div className="head">
        <h1>Query</h1>
        <p className="lead">SQL over what the case holds. It can only read, and only the case.</p>
      </div>
      <div className="query">
        <div className="query-main">
          <Statement
            sql={sql}
            onChange={change}
            field={field}
            query={query}
            onRun={() => run(sql)}
            onInsert={insert}
            onSave={() => setSaving(true)}
          />
          {query.problem && <ProblemPanel problem={query.problem} />}
          <ResultTable source={source} answer={query.answer} isRunning={query.isRunning} />
        </div>
        <div className="query-side">
          <Panel title="Queries">
            {saved.problem && <ProblemPanel problem={saved.problem} onRetry={saved.reload} />}
            <QueryList queries={queries ?? []} picked={picked?.id} onPick={pick} onChange={setChanged} />
          </Panel>
          <Panel title="Tables" lead="A name is put into the statement.">
            <TableList onInsert={insert} />
          </Panel>
        </div>
      </div>
      {isSaving && (
        <SaveDialog
          sql={sql}
          over={picked?.own ? picked : undefined}
          onSaved={(answer, query) => {
            setChanged(answer)
            setPicked(query)
          }}
          onClose={() => setSaving(false)}
        />
      )}
    </>
  )
}
