import { expect } from 'chai'
import { ConfigError } from '../../lib/core/errors.ts'
import { refuseUnknownOptions } from '../../lib/entry/validate.ts'
import { MemoryCache } from '../../lib/index.ts'

describe('An option that does not exist', () => {
  const known = ['timeout', 'maxEntries', 'prefix', 'staleFor', 'onBackendError']
  const complaintAbout = (options: object): string => {
    try {
      refuseUnknownOptions(options, known, 'MemoryCache')
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError)
      return (error as Error).message
    }
    return ''
  }

  it('is refused with the option that other libraries call by that name', () => {
    expect(complaintAbout({ max: 5 })).to.equal('MemoryCache has no option "max". Did you mean maxEntries?')
    for (const name of ['ttl', 'maxAge', 'expiresIn', 'px', 'ttlMs']) {
      expect(complaintAbout({ [name]: 5000 }), name).to.include(
        "Did you mean timeout, in seconds or with a unit: timeout: 300, timeout: '5m'?",
      )
    }
  })

  it('is refused with the nearest option when it is misspelled', () => {
    expect(complaintAbout({ timout: 5 })).to.include('Did you mean timeout?')
    expect(complaintAbout({ maxentries: 5 })).to.include('Did you mean maxEntries?')
    expect(complaintAbout({ onBackendErrors: 'miss' })).to.include('Did you mean onBackendError?')
  })

  it('is refused with all options when none is near', () => {
    expect(complaintAbout({ colour: 'red' })).to.equal(
      `MemoryCache has no option "colour". Expected: ${known.join(', ')}.`,
    )
  })

  it('is named, and options that exist and symbols pass', () => {
    expect(complaintAbout({ timeout: undefined, [Symbol('hooks')]: 1 })).to.equal('')
  })

  it('is a TypeError of a verb, which stores nothing', () => {
    const cache = new MemoryCache()
    expect(() => cache.set('k', 'v', { ttl: 5 } as object)).to.throw(TypeError, 'Did you mean timeout, in seconds')
    expect(cache.has('k')).to.equal(false)
  })
})
