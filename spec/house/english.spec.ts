import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../support/child.ts'

/** Phrases that word-for-word translations leave behind, in comments, messages, pages and names of specs. */
const BANNED: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/(?:\/\*\*|^\s*(?:\/\/|\*)|it\('|[.!?])\s+Who /m, 'the subject: "A caller that ..."'],
  [/\bWhat of\b/, '"The part of ..."'],
  [/\bKnown are\b/, '"Expected one of: ..."'],
  [/\bof one's own\b/, '"your own", "a custom ..."'],
  [/\bin so many words\b/, 'nothing, or what they are'],
  [/\banew\b/, '"again"'],
  [/\bis told of\b/, '"receives", "is notified of"'],
  [/\bso many\b/, 'the number, or "as many as"'],
  [/\bthe one within\b/, '"the wrapped adapter"'],
  [/\bsees? to\b/, '"handles", "ensures"'],
  [/\bunder way\b/, '"pending"'],
  [/\bat hand\b/, '"fast path", "available"'],
  [/\bcolours?\b|\bcolou?rless\b|\b(?:in|of|by|its|their|either|both|each|which|other|same) colors?\b/i, '"mode"'],
  [/\bflights?\b(?<!single[- ]flights?)/i, '"load"'],
  [/\bnewborn\b|\bkeepers?\b/i, '"new entry", "hooks"'],
  [/\/\*\*\s+(?:\*\s+)?(?:What|Who|Whether)\b/, 'a noun or a verb at the start of a doc comment'],
]

/** Not yet rewritten. The list only gets shorter, and is empty in the end. */
const TO_DO: readonly string[] = [
  'CHANGELOG.md',
  'adapters/bridge/',
  'adapters/memcached/',
  'adapters/memory/',
  'adapters/mongo/',
  'adapters/redis/',
  'adapters/shared/',
  'adapters/sqlite3/',
  'bench/hitratio/',
  'docs/configuration.md',
  'docs/memory.md',
  'lib/single-flight/',
  'lib/verbs/',
  'spec/adapter/',
  'spec/adapters/',
  'spec/core/',
  'spec/docs/',
  'spec/entry/',
  'spec/faults/',
  'spec/house/',
  'spec/memo/',
  'spec/package/',
  'spec/types/',
  'spec/verbs/',
  'spec/wrappers/',
]

const FOLDERS = ['lib', 'adapters', 'spec', 'bench', 'examples', 'scripts', 'docs']
const files = [
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  ).filter((file) => /\.(ts|md)$/.test(file) && !file.includes('node_modules') && !file.includes('/results')),
  'README.md',
  'CHANGELOG.md',
].filter((file) => file !== 'spec/house/english.spec.ts')

describe('The English', () => {
  for (const [phrase, instead] of BANNED) {
    it(`has ${instead} rather than ${phrase.source}`, () => {
      const found = files.filter((file) => !isToDo(file) && phrase.test(textOf(file)))
      expect(found).to.deep.equal([])
    })
  }
})

function isToDo(file: string): boolean {
  return TO_DO.some((place) => file.startsWith(place))
}

/** The text in English: all of a page; of code only its comments and texts. */
function textOf(file: string): string {
  const text = readFileSync(join(root, file), 'utf8')
  if (!file.endsWith('.ts')) return text
  return (text.match(/\/\*\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`/gm) ?? []).join(
    '\n',
  )
}
