/** Takes the code blocks out of a Markdown file. */

import { readFileSync } from 'node:fs'

export interface CodeBlock {
  readonly language: string
  readonly text: string
  /** The name in a first line such as `// plays.ts`, else one made of the line number. */
  readonly file: string
  /** A `text` block that follows at once: what the program prints. */
  readonly output?: string
}

const fence = /^```(\w+)\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms

export function codeBlocks(path: string): CodeBlock[] {
  const markdown = readFileSync(path, 'utf8')
  return [...markdown.matchAll(fence)].map((match) => {
    const [, language, text, output] = match as unknown as [string, string, string, string | undefined]
    const line = markdown.slice(0, match.index).split('\n').length
    const file = /^\/\/ (\S+\.ts)$/m.exec(text.split('\n')[0]!)?.[1] ?? `line-${line}.ts`
    return { language, text, file, ...(output === undefined ? {} : { output }) }
  })
}
