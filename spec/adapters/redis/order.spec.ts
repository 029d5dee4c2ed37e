import { expect } from 'chai'
import fc from 'fast-check'
import { redis } from '../../support/servers.ts'
import { closeOpened, opened, ownPrefix } from './opened.ts'

type Step = ['load', number] | ['save', number, string] | ['drop', number] | ['loadMany', number[]] | ['pause']

const KEYS = 4
const someKey = fc.nat(KEYS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.tuple(fc.constant('load' as const), someKey), weight: 4 },
  { arbitrary: fc.tuple(fc.constant('save' as const), someKey, fc.string({ maxLength: 3 })), weight: 4 },
  { arbitrary: fc.tuple(fc.constant('drop' as const), someKey), weight: 1 },
  { arbitrary: fc.tuple(fc.constant('loadMany' as const), fc.array(someKey)), weight: 1 },
  { arbitrary: fc.constant<Step>(['pause']), weight: 1 },
)

describe('what is asked of RedisStore', () => {
  let url: string

  before(async () => {
    url = (await redis()).url
  })

  afterEach(closeOpened)

  it('takes effect in the order of the calls', async () => {
    const { store } = opened({ url })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const prefix = ownPrefix()
        const model = new Map<number, string>()
        const expected: unknown[] = []
        const answers: Promise<unknown>[] = []
        const name = (key: number): string => prefix + key
        const text = async (wire: Promise<unknown>): Promise<unknown> => (await wire)?.toString()

        for (const [verb, ...args] of steps) {
          const [key, value] = args as [number, string]
          if (verb === 'pause') await null
          else if (verb === 'drop') {
            expected.push(model.delete(key) ? 1 : 0)
            answers.push(store.drop([name(key)]))
          } else if (verb === 'save') {
            model.set(key, value)
            expected.push(undefined)
            answers.push(store.save(name(key), value, value.length > 1 ? null : 60_000))
          } else if (verb === 'load') {
            expected.push(model.get(key))
            answers.push(text(store.load(name(key))))
          } else {
            const keys = args[0] as number[]
            expected.push(keys.map((key) => model.get(key)))
            answers.push(store.loadMany(keys.map(name)).then((wires) => wires.map((wire) => wire?.toString())))
          }
        }
        expect(await Promise.all(answers)).to.deep.equal(expected)
      }),
      { numRuns: 200 },
    )
  })
})
