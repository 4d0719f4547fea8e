// Who reached a destination: the columns of each way to look at it.

import { visible } from '../../../../src/base/terminal.ts'
import type { EgressRow } from '../../../../src/server/api.ts'
import type { Column } from '../../parts/table/data-table.tsx'
import { Clip } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'

export const levels = [
  ['destination', 'destination'],
  ['box', 'sandbox'],
  ['run', 'run'],
  ['step', 'training step'],
  ['episode', 'episode'],
  ['tool', 'tool'],
  ['call', 'call'],
] as const

export type Level = (typeof levels)[number][0]

export function levelOf(text: string): Level {
  return levels.find(([level]) => level === text)?.[0] ?? 'destination'
}

export function levelColumns(source: string, level: Level): readonly Column<EgressRow>[] {
  switch (level) {
    case 'destination':
      return []
    case 'box':
      return [box]
    case 'run':
      return [run]
    case 'step':
      return [run, step]
    case 'tool':
      return [tool]
    case 'episode':
      return [episode(source), step, box]
    case 'call':
      return [call(source), episode(source), step]
  }
}

function Nobody({ what }: { what: string }) {
  return <span className="quiet">{what}</span>
}

const box: Column<EgressRow> = {
  id: 'box',
  label: 'Sandbox',
  width: '112px',
  cell: (row) => (row.box === null ? <Nobody what="none" /> : <Clip text={row.box} code />),
}

const run: Column<EgressRow> = {
  id: 'run',
  label: 'Run',
  width: '130px',
  cell: (row) => (row.run === null ? <Nobody what="not named" /> : <Clip text={row.run} />),
}

const step: Column<EgressRow> = {
  id: 'step',
  label: 'Step',
  width: '54px',
  align: 'right',
  cell: (row) => row.step ?? <Nobody what="–" />,
}

const tool: Column<EgressRow> = {
  id: 'tool',
  label: 'Tool',
  width: '120px',
  cell: (row) => (row.tool === null ? <Nobody what="no call named" /> : <Clip text={row.tool} />),
}

function episode(source: string): Column<EgressRow> {
  return {
    id: 'episode',
    label: 'Episode',
    width: '112px',
    cell: (row) =>
      row.episodeUid === null ? (
        <Nobody what="none" />
      ) : (
        <Link className="clip" to={{ view: 'episodes', source, id: row.episodeUid }}>
          {visible((row.episode ?? row.box ?? row.episodeUid).slice(0, 200))}
        </Link>
      ),
  }
}

function call(source: string): Column<EgressRow> {
  return {
    id: 'call',
    label: 'Call',
    width: '104px',
    cell: (row) =>
      row.toolCall === null ? (
        <Nobody what="none named" />
      ) : (
        <Link className="clip" to={{ view: 'calls', source, id: row.toolCall }}>
          {visible((row.tool ?? row.toolCall).slice(0, 200))}
        </Link>
      ),
  }
}
