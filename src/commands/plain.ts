// Commands whose text is what they run: nothing is put together, decoded or read from elsewhere.

import { isCodeTool } from './surfaces.ts'

const charsMax = 2_000
/**
 * Words, lists and pipes; quotes only around whole words and with nothing in them that a second reading would undo.
 * No variables, escapes, braces, subshells or redirects, save those to nowhere.
 */
const simple =
  /^(?:[\w\t ./:=,@%+~#?\n;|&^-]|(?:2>&1|(?:[12]|&)?> ?\/dev\/null)(?=$|[\s;|&])|(?<=^|[\s=])(?:"[^"'\\$`{}<>]*"|'[^"'\\$`{}<>]*')(?=$|[\s;|&]))*$/
/** What prints something else than its words, or keeps what it is handed. */
const changers = /\b(?:printf|tr|rev|g?base64|basenc|xxd|openssl|tee|powershell|pwsh)\b/
const interpreter = /\b(?:python|pypy|node|nodejs|bun|deno|tsx|ts-node|perl|ruby|php|ipython|lua)/
/** An interpreter's text on the command line or from a pipe. */
const inlineCode = /\||\s["']?-{1,2}[A-Za-z]*[cer]/

/**
 * True when every word that `command` runs, however wrapped, stands in its text as it is, and it writes no file.
 * False is always right. `name` is the tool's.
 */
export function isPlainCommand(name: string, command: string): boolean {
  return (
    command.length <= charsMax &&
    simple.test(command) &&
    !changers.test(command) &&
    !isCodeTool(name) &&
    !(interpreter.test(command) && inlineCode.test(command))
  )
}
