// Tables that sort, filter and page: at most one page of rows is ever in the document.

import { h } from './dom.ts'
import { writeMoments } from './settings.ts'

export interface TableColumn<T> {
  readonly label: string
  readonly align?: 'right'
  readonly cell: (row: T) => Node | string
  /** What the column sorts by. */
  readonly value: (row: T) => number | string
}

export interface TableOptions<T> {
  readonly caption: string
  readonly columns: readonly TableColumn<T>[]
  readonly rows: readonly T[]
  /** What the filter looks in; without it there is no filter. */
  readonly text?: (row: T) => string
  readonly pageRows?: number
  readonly onPick?: (row: T) => void
  readonly tools?: readonly Node[]
  readonly isShown?: (row: T) => boolean
}

export interface DataTable<T> {
  readonly element: HTMLElement
  /** Marks a row and turns to its page. */
  pick(row: T | undefined): void
  refresh(): void
}

export function dataTable<T>(options: TableOptions<T>): DataTable<T> {
  const { columns, rows, text, onPick } = options
  const pageRows = options.pageRows ?? 25
  let sorted: { column: number; down: boolean } | undefined
  let words: readonly string[] = []
  let page = 0
  let picked: T | undefined
  let shown: readonly T[] = rows

  const head = h(
    'tr',
    {},
    columns.map((column, i) =>
      h(
        'th',
        { scope: 'col', class: column.align, 'aria-sort': 'none' },
        h('button', { type: 'button', click: () => sortBy(i) }, column.label),
      ),
    ),
  )
  const body = h('tbody')
  const status = h('span', { class: 'quiet', role: 'status' })
  const back = h('button', { type: 'button', click: () => turn(page - 1) }, 'Previous')
  const forth = h('button', { type: 'button', click: () => turn(page + 1) }, 'Next')
  const filter =
    text &&
    h('input', {
      type: 'search',
      placeholder: 'Filter',
      'aria-label': `Filter: ${options.caption}`,
      input: (event) => {
        const value = event.target instanceof HTMLInputElement ? event.target.value : ''
        words = value.toLowerCase().split(/\s+/).filter(Boolean)
        page = 0
        refresh()
      },
    })
  const tools = h(
    'div',
    { class: 'tools' },
    filter,
    ...(options.tools ?? []),
    h('span', { class: 'pages' }, status, back, forth),
  )
  const element = h(
    'div',
    { class: 'datatable' },
    tools,
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': options.caption },
      h('table', {}, h('caption', { class: 'unseen' }, options.caption), h('thead', {}, head), body),
    ),
  )

  function sortBy(column: number): void {
    sorted = { column, down: sorted?.column === column ? !sorted.down : columns[column]?.align === 'right' }
    for (const [i, cell] of [...head.children].entries()) {
      cell.setAttribute('aria-sort', i === column ? (sorted.down ? 'descending' : 'ascending') : 'none')
    }
    page = 0
    refresh()
  }

  function turn(to: number): void {
    page = Math.max(0, Math.min(Math.ceil(shown.length / pageRows) - 1, to))
    paint()
  }

  function refresh(): void {
    shown = rows.filter((row) => {
      if (options.isShown && !options.isShown(row)) return false
      if (words.length === 0 || text === undefined) return true
      const haystack = text(row).toLowerCase()
      return words.every((word) => haystack.includes(word))
    })
    const order = sorted
    const column = order && columns[order.column]
    if (order && column) {
      const sign = order.down ? -1 : 1
      shown = shown.toSorted((a, b) => sign * compare(column.value(a), column.value(b)))
    }
    turn(page)
  }

  function paint(): void {
    const from = page * pageRows
    body.replaceChildren(...shown.slice(from, from + pageRows).map(rowElement))
    const to = Math.min(shown.length, from + pageRows)
    status.textContent =
      shown.length === 0 ? 'nothing fits the filter' : `${from + 1}–${to} of ${shown.length}`
    back.disabled = page === 0
    forth.disabled = to >= shown.length
    const many = rows.length > pageRows
    back.hidden = forth.hidden = !many
    status.hidden = !many && shown.length === rows.length
    if (filter) filter.hidden = rows.length <= 10
    tools.hidden = !many && rows.length <= 10 && (options.tools ?? []).length === 0
  }

  function rowElement(row: T): HTMLElement {
    const cells = columns.map((column) => h('td', { class: column.align }, column.cell(row)))
    if (onPick === undefined) return h('tr', {}, cells)
    const choose = () => {
      picked = row
      paint()
      onPick(row)
    }
    return h(
      'tr',
      {
        tabindex: 0,
        class: 'pickable',
        'aria-selected': row === picked ? 'true' : 'false',
        click: choose,
        keydown: (event) => {
          if (!(event instanceof KeyboardEvent) || (event.key !== 'Enter' && event.key !== ' ')) return
          event.preventDefault()
          choose()
        },
      },
      cells,
    )
  }

  refresh()
  return {
    element,
    pick(row) {
      picked = row
      const at = row === undefined ? -1 : shown.indexOf(row)
      if (at >= 0) page = Math.floor(at / pageRows)
      paint()
    },
    refresh,
  }
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a).localeCompare(String(b), 'en', { numeric: true })
}

/** Makes the rows of a table that the exporter wrote sortable and paged. */
export function enhanceTable(table: HTMLTableElement): void {
  const labels = [...(table.tHead?.rows[0]?.cells ?? [])]
  const rows = [...(table.tBodies[0]?.rows ?? [])].map((row) => [...row.cells])
  if (rows.length < 2) return
  const enhanced = dataTable({
    caption: table.caption?.textContent ?? '',
    columns: labels.map((label, i) => ({
      label: label.textContent ?? '',
      ...(label.className === 'right' && { align: 'right' as const }),
      // Nodes are copied, never their HTML.
      cell: (cells: HTMLTableCellElement[]) => {
        const shell = document.createDocumentFragment()
        for (const node of [...(cells[i]?.childNodes ?? [])]) shell.append(node.cloneNode(true))
        writeMoments(shell)
        return shell
      },
      value: (cells: HTMLTableCellElement[]) => {
        const raw = cells[i]?.dataset.value ?? cells[i]?.textContent ?? ''
        return raw !== '' && Number.isFinite(Number(raw)) ? Number(raw) : raw
      },
    })),
    rows,
    text: (cells) => cells.map((cell) => cell.textContent).join(' '),
  })
  enhanced.element.id = table.id
  table.closest('.scroll')?.replaceWith(enhanced.element)
}
