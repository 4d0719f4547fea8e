// Zeek's own text logs: conn.log, dns.log, ssl.log, ssh.log, http.log, notice.log… Several may follow each other.
// #separator \x09
// #path	conn
// #fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	duration	…
// 1795507186.913119	CXHB1X22027MRWU6D	10.0.0.18	55548	203.0.113.16	3128	tcp	http,ssl	0.084044	…

import { defineLinesImporter } from '../api.ts'
import { columnsOf } from './table.ts'
import { zeekEvent, zeekPathOf } from './zeek.ts'

interface Header {
  separator: string
  setSeparator: string
  unset: string
  empty: string
  path: string | undefined
  columns: Map<string, number> | undefined
  types: readonly string[]
}

export const zeekTsv = defineLinesImporter({
  id: 'zeek-tsv',
  name: 'Zeek log, TSV',
  family: 'network',
  documentation: 'https://docs.zeek.org/en/master/log-formats.html',
  recognises: (head) =>
    head.lines.some((line) => /^\ufeff?#separator /.test(line) || /^#fields[\t ,|].*\bts\b/.test(line)),
  start(sink) {
    const header: Header = {
      separator: '\t',
      setSeparator: ',',
      unset: '-',
      empty: '(empty)',
      path: undefined,
      columns: undefined,
      types: [],
    }
    return {
      line(text, line) {
        if (text.startsWith('#')) {
          readHeader(header, text)
          sink.skip('header')
          return
        }
        const { columns, types } = header
        if (!columns) {
          sink.reject(line, 'a row before any #fields line', text)
          return
        }
        const cells = text.split(header.separator)
        if (cells.length !== columns.size) {
          sink.reject(line, `${cells.length} columns under a header of ${columns.size}`, text)
          return
        }
        const field = (name: string) => {
          const index = columns.get(name)
          return index === undefined ? undefined : cellValue(header, types[index], cells[index] ?? '')
        }
        const path = field('_path')
        const log =
          typeof path === 'string'
            ? path
            : (header.path ?? zeekPathOf((name) => (columns.has(name) ? name : undefined)))
        const result = zeekEvent(log, field, line)
        if ('reject' in result) sink.reject(line, result.reject, text)
        else if ('skip' in result) sink.skip(result.skip)
        else sink.event(result)
      },
      end() {},
    }
  },
})

/** `#separator` is always followed by a space; the other lines by the separator it names. */
function readHeader(header: Header, text: string): void {
  if (text.startsWith('#separator ')) {
    header.separator = unescaped(text.slice(11).trim()) || '\t'
    return
  }
  const [name, ...values] = text.slice(1).split(header.separator)
  const [value = ''] = values
  if (name === 'set_separator') header.setSeparator = value || ','
  else if (name === 'empty_field') header.empty = value
  else if (name === 'unset_field') header.unset = value
  else if (name === 'path') header.path = value
  else if (name === 'types') header.types = values
  else if (name === 'fields') {
    // A header of another log: what the one before said of its columns ends here.
    header.columns = columnsOf(values)
    header.types = []
  }
}

function cellValue(header: Header, type: string | undefined, cell: string): unknown {
  if (cell === header.unset) return undefined
  if (type !== undefined && /^(?:set|vector)\[/.test(type)) {
    return cell === header.empty ? [] : cell.split(header.setSeparator).map(unescaped)
  }
  if (cell === header.empty) return ''
  return cell.includes('\\x') ? unescaped(cell) : cell
}

/** Zeek writes separators and control characters inside values as \xHH. */
function unescaped(text: string): string {
  if (!text.includes('\\x')) return text
  return text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
