// The files a call puts in place, so that a later call that runs one can be tied to what is in it.
//
// Read from the shape of the arguments: a path beside a content. Seen as
//   Write {file_path, content}   Edit {file_path, old_string, new_string}   MultiEdit {file_path, edits:[…]}
//   NotebookEdit {notebook_path, new_source}   write_file {path|file_path|absolute_path, content}
//   str_replace_editor, file_editor {command:"create"|"str_replace"|"insert", path, file_text|new_str|insert_text}
//   apply_patch {input|patch} "*** Begin Patch\n*** Add File: run.sh\n+curl …"

import { limits } from '../../../schema/tool-call.ts'
import { cutText } from './cut.ts'
import { isRecord, listAt, textAt } from './values.ts'

export interface FileWrite {
  readonly path: string
  readonly content: string
}

const pathKeys = [
  'file_path',
  'path',
  'filePath',
  'absolute_path',
  'filename',
  'target_file',
  'notebook_path',
  'file',
]
const contentKeys = [
  'content',
  'file_text',
  'new_string',
  'new_str',
  'newString',
  'new_source',
  'insert_text',
  'contents',
  'code_edit',
  'file_content',
  'newText',
]
const patchKeys = ['input', 'patch', 'patchText', 'diff']

/** Files written by a call; at most `limits.writes`, contents cut at `limits.writeChars`. */
export function fileWrites(name: string, args: unknown): FileWrite[] {
  if (typeof args === 'string') return args.includes('*** ') ? patchWrites(args) : []
  if (!isRecord(args)) return []
  const path = firstText(args, pathKeys)
  if (path !== undefined) {
    const content = firstText(args, contentKeys)
    if (content !== undefined) return [write(path, content)]
    const edits = listAt(args, 'edits')
    if (edits.length > 0) {
      const texts = edits.slice(0, 256).map((edit) => firstText(edit, contentKeys) ?? '')
      return [write(path, texts.join('\n'))]
    }
  }
  const patch = firstText(args, patchKeys)
  if (patch?.includes('*** ')) return patchWrites(patch)
  if (isPatchName(name)) {
    const command = args.command
    const text = Array.isArray(command)
      ? command.find((word) => typeof word === 'string' && word.includes('*** '))
      : command
    if (typeof text === 'string') return patchWrites(text)
  }
  return []
}

/** Files of an `apply_patch` text: the added lines of each Add and Update section. */
export function patchWrites(patch: string): FileWrite[] {
  const found: FileWrite[] = []
  let path: string | undefined
  let lines: string[] = []
  let chars = 0
  const close = () => {
    if (path !== undefined && found.length < limits.writes) found.push(write(path, lines.join('\n')))
    path = undefined
    lines = []
    chars = 0
  }
  let from = 0
  while (from < patch.length) {
    let to = patch.indexOf('\n', from)
    if (to < 0) to = patch.length
    const line = patch.slice(from, to)
    from = to + 1
    if (line.startsWith('*** ')) {
      const match = /^\*\*\* (Add|Update|Move to|Delete)(?: File)?: (.{1,4096})$/.exec(line.trimEnd())
      if (!match) {
        if (line.startsWith('*** End Patch')) close()
        continue
      }
      // `*** Move to:` renames the section it stands in.
      if (match[1] === 'Move to') path = match[2]
      else {
        close()
        if (match[1] !== 'Delete') path = match[2]
      }
    } else if (path !== undefined && line.startsWith('+') && chars <= limits.writeChars) {
      lines.push(line.slice(1))
      chars += line.length
    }
  }
  close()
  return found
}

function isPatchName(name: string): boolean {
  return name
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .endsWith('applypatch')
}

function write(path: string, content: string): FileWrite {
  return { path: cutText(path, 4096), content: cutText(content, limits.writeChars) }
}

function firstText(value: unknown, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = textAt(value, key)
    if (text !== undefined) return text
  }
  return undefined
}
