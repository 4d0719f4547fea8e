// Elements from values. Text is only ever set as text: nothing a log says can become markup.

import { visible } from '../../src/base/terminal.ts'

type Child = Node | string | number | null | undefined | false
type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>

/** `h('td', { class: 'right' }, 'text', child)`; functions become listeners, `true` an empty attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function') element.addEventListener(key, value)
    else element.setAttribute(key, value === true ? '' : String(value))
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue
    element.append(child instanceof Node ? child : visible(String(child), true))
  }
  return element
}

export function pill(kind: string, text: string = kind): HTMLElement {
  return h('span', { class: `pill is-${kind.toLowerCase().replace(/[^a-z-]/g, '')}` }, text)
}

export function quiet(text: string): HTMLElement {
  return h('span', { class: 'quiet' }, text)
}

/** A label and its value, for a `dl`. */
export function pair(label: string, ...value: readonly Child[]): HTMLElement {
  return h('div', {}, h('dt', {}, label), h('dd', {}, ...value))
}

export function byId(id: string): HTMLElement | undefined {
  return document.getElementById(id) ?? undefined
}
