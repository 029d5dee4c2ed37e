import { bytesInUse } from './heap.ts'
import { type Kept, LIBRARIES, LRU_CACHE, OURS } from './libraries.ts'
import type { Experiment, Whole } from './whole.ts'

/** The memory of a small entry: a million of them, `key:7` with the number 7, keys included, with a TTL. */

const ENTRIES = 1_000_000

const PER_ENTRY = 'bytes per entry'
const RETAINED = 'bytes per entry, after clear()'

interface Clearable extends Kept {
  clear(): unknown
}

function filling(make: (max: number) => Kept | Promise<Kept>): Experiment {
  return async () => {
    // Used once before, so that what V8 compiles is not counted.
    await filled(await make(1000), 1000)
    const before = await bytesInUse()
    const cache = (await make(ENTRIES)) as Clearable
    // Some take all the room that they will need at once.
    const empty = await bytesInUse()
    await filled(cache, ENTRIES)
    const full = await bytesInUse()
    cache.clear()
    const cleared = await bytesInUse()
    // Used once more, so that it was not the cache itself that was let go.
    cache.set('key', 1)
    return { [PER_ENTRY]: (full - before) / ENTRIES, [RETAINED]: (cleared - empty) / ENTRIES }
  }
}

async function filled(cache: Kept, entries: number): Promise<void> {
  for (let i = 0; i < entries; i++) cache.set(`key:${i}`, i)
}

export const whole: Whole = {
  title: 'Memory for 1 000 000 entries',
  unit: 'bytes',
  contestants: {
    [OURS]: filling(LIBRARIES[OURS]!),
    [LRU_CACHE]: filling(LIBRARIES[LRU_CACHE]!),
    Map: filling(() => new Map()),
  },
  figures: (of) => [
    {
      what: `${OURS}, bytes per entry: to ${LRU_CACHE}`,
      value: of(OURS, PER_ENTRY) / of(LRU_CACHE, PER_ENTRY),
      atMost: 1,
    },
    {
      what: `${OURS}, retained after clear(): to what it was`,
      value: of(OURS, RETAINED) / of(OURS, PER_ENTRY),
      atMost: 0.01,
    },
  ],
}
