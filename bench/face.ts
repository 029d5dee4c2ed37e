import { check } from './data.ts'
import type { Contestant, Part } from './part.ts'

/**
 * The cost of reaching an adapter through an object that stands for the current one: the ways in which
 * `lib/global/cache-wrapper.ts` and `lib/global/cached.ts` could have been built.
 */

class Adapter {
  readonly #map = new Map([['key', 'value']])
  get(key: string): string | undefined {
    return this.#map.get(key)
  }
}

interface Gets {
  get(key: string): string | undefined
}

// Set after it was made, as the pointer of `cached` is: V8 takes for constant what never changed.
const state: { current: Gets | undefined } = { current: undefined }
state.current = new Adapter()

const get = (key: string): string | undefined => state.current!.get(key)
const dictionary = (): object => new Proxy(Object.create(null), { get: (_, key) => get(String(key)) })

/** As many names as a face has beside `get`. */
const OTHERS = Array.from({ length: 30 }, (_, i) => `verb${i}`)
const other = (): undefined => undefined

function inFrontOf(dictionary: object, verbs: PropertyDescriptorMap): Gets {
  const others = OTHERS.map((name) => [name, { get: () => other, enumerable: true }] as const)
  return Object.create(dictionary, { ...verbs, ...Object.fromEntries(others) })
}

const faces: Record<string, () => Gets> = {
  'the adapter itself': () => state.current!,
  'a plain method': () => ({ get }),
  'a Proxy in front': () => new Proxy({} as Gets, { get: (_, name) => (name === 'get' ? get : undefined) }),
  'a Proxy at the end of the prototype chain': () => inFrontOf(dictionary(), { get: { value: get, enumerable: true } }),
  'the same, with a getter written out': () => {
    const verbs = {
      get get() {
        return get
      },
    }
    return inFrontOf(dictionary(), Object.getOwnPropertyDescriptors(verbs))
  },
  'the same, with getters made in a loop': () => {
    const verbs = { get, set: other, has: other, remove: other, getOrSet: other }
    const getters = Object.entries(verbs).map(([name, verb]) => [name, { get: () => verb, enumerable: true }] as const)
    return inFrontOf(dictionary(), Object.fromEntries(getters))
  },
}

function contestant(face: Gets): Contestant {
  return () => ({
    get(times) {
      let found = 0
      for (let i = 0; i < times; i++) if (face.get('key') !== undefined) found++
      check(found, times)
    },
  })
}

export const part: Part = {
  title: 'Faces: how to stand in front of an adapter',
  clock: 'processor',
  contestants: Object.fromEntries(
    Object.entries(faces).map(([name, make]): [string, Contestant] => [name, () => contestant(make())()]),
  ),
  figures: (of) =>
    Object.keys(faces)
      .slice(1)
      .map((name) => ({
        what: `${name}, over the adapter`,
        value: of(name, 'get') - of('the adapter itself', 'get'),
        unit: 'ns',
      })),
}
