import { cached, configure, MemoryCache, type Timeout } from '../../lib/index.ts'

// Seconds, text with a unit, or no limit.
cached.set('k', 1, 60)
cached.set('k', 1, 0.25)
cached.set('k', 1, '250ms')
cached.set('k', 1, '5s')
cached.set('k', 1, '5m')
cached.set('k', 1, '1.5h')
cached.set('k', 1, '7d')
cached.set('k', 1, null)
cached.set('k', 1, 'never')
cached.set('k', 1, Number.POSITIVE_INFINITY)
cached.set('k', 1, undefined)
cached.set('k', 1, { timeout: '5m' })
cached.updateTimeout('k', '5m')
cached.add('k', 1, '5m')
cached.increment('k', 1, '5m')
cached.setMany({ k: 1 }, '5m')
configure({ timeout: '5m' })
new MemoryCache({ timeout: '5m' })

// @ts-expect-error Text needs a unit.
cached.set('k', 1, '5')
// The compiler lets blanks pass, which `Number` lets pass too; when it runs it is a TypeError.
cached.set('k', 1, '5 m')
// @ts-expect-error The unit is in lower case.
cached.set('k', 1, '5M')
// @ts-expect-error A unit needs a number.
cached.set('k', 1, 'm')
// @ts-expect-error There are no weeks.
cached.set('k', 1, '1w')
// @ts-expect-error Text that may be anything is not checked, so it is refused.
cached.set('k', 1, '5m' as string)
// @ts-expect-error A date is no length of time.
cached.set('k', 1, new Date())
// @ts-expect-error Nor is a boolean.
cached.set('k', 1, true)
// @ts-expect-error An entry's options have no such name.
cached.set('k', 1, { ttl: 60 })
// @ts-expect-error The timeout of an option is checked alike.
cached.set('k', 1, { timeout: '5' })
// @ts-expect-error And that of an adapter.
new MemoryCache({ timeout: '5' })
// @ts-expect-error And that of the process.
configure({ timeout: '5' })

export const ofEnvironment = (minutes: number): Timeout => `${minutes}m`
