// Small pieces of the report's page that its sections share.

import { visible } from '../base/terminal.ts'
import { escapeHtml, type Html, html } from './html.ts'
import { whenText } from './words.ts'

/** A moment; the page's script rewrites it when the reader picks another time zone. */
export function moment(iso: string | null, digits = 3): Html {
  if (iso === null) return html`<span class="quiet">unknown</span>`
  return html`<time datetime="${iso}" data-digits="${digits}">${whenText(iso, digits)}</time>`
}

export function pill(kind: string, text: string): Html {
  return html`<span class="pill is-${kind.toLowerCase().replace(/[^a-z-]/g, '')}">${text}</span>`
}

/** A name as code; short ones are not broken over lines. */
export function code(text: string): Html {
  return text.length <= 40 ? html`<code class="whole">${text}</code>` : html`<code>${text}</code>`
}

/** The first `max` of a list, each as code, and how many more there are. */
export function codes(list: readonly string[], max: number): Html {
  if (list.length === 0) return html`<span class="quiet">none recorded</span>`
  const more = list.length - max
  return html`${list.slice(0, max).map((text) => html`${code(text)} `)}${
    more > 0 && html`<span class="quiet">and ${more} more</span>`
  }`
}

export function section(id: string, title: string, lead: string, body: Html): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${
    lead !== '' && html`<p class="lead">${lead}</p>`
  }${body}</section>`
}

export interface Column {
  readonly label: string
  readonly align?: 'right'
}

/** A plain table; the page's script makes it sortable, by `data-value` where a cell's text does not sort. */
export function table(
  id: string,
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (
    | Html
    | string
    | { readonly cell: Html | string; readonly value: number | string }
  )[])[],
  empty = 'Nothing to show.',
): Html {
  if (rows.length === 0) return html`<p class="quiet">${empty}</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table id="${id}"><caption class="unseen">${caption}</caption><thead><tr>${columns.map(
    (column) => html`<th scope="col"${attribute('class', column.align)}>${column.label}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${row.map((cell, i) => {
        const align = attribute('class', columns[i]?.align)
        if (typeof cell === 'object' && 'cell' in cell) {
          return html`<td${align}${attribute('data-value', String(cell.value))}>${cell.cell}</td>`
        }
        return html`<td${align}>${cell}</td>`
      })}</tr>`,
  )}</tbody></table></div>`
}

function attribute(name: string, value: string | undefined): Html {
  return { html: value === undefined ? '' : ` ${name}="${escapeHtml(visible(value))}"` }
}
