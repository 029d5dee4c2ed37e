import { types } from 'node:util'
import { expect } from 'chai'
import { pack, unpack } from '../../../adapters/bridge/errors.ts'
import * as errors from '../../../lib/core/errors.ts'
import { bridged, closeAll, thrownBy } from './support.ts'

describe('an error on its way over the bridge', () => {
  const { store } = bridged()
  after(closeAll)

  for (const [type, code] of [
    [errors.AdapterError, 'E_ADAPTER'],
    [errors.CacheTimeout, 'E_TIMEOUT'],
    [errors.ConnectionFailed, 'E_CONNECTION'],
    [errors.ValueTooLarge, 'E_TOO_LARGE'],
    [errors.Unsupported, 'E_UNSUPPORTED'],
    [errors.MissingDependency, 'E_MISSING_DEPENDENCY'],
    [errors.CacheNotFound, 'E_NOT_FOUND'],
    [errors.UnknownAdapter, 'E_UNKNOWN_ADAPTER'],
    [errors.Tampered, 'E_TAMPERED'],
    [errors.LockError, 'E_LOCK'],
  ] as const) {
    it(`stays a ${type.name}`, () => {
      const error = thrownBy(() => store.load(`!throw!${type.name}`))
      expect(error).to.be.instanceOf(type)
      expect(error).to.be.instanceOf(errors.CacheError)
      expect(types.isNativeError(error)).to.equal(true)
      expect(error).to.include({ name: type.name, code })
    })
  }

  it('keeps its message, its facts, and all of its causes', () => {
    const error = thrownBy(() => store.load('!throw!ConnectionFailed'))
    expect(error).to.include({ message: 'ConnectionFailed it is', adapter: 'FarCache', verb: 'load', key: 'k' })
    expect(error.cause).to.be.instanceOf(TypeError).with.property('message', 'the origin')
    expect((error.cause as Error).cause).to.equal('the beginning')
    expect(thrownBy(() => store.load('!throw!UnknownAdapter')).known).to.deep.equal(['memory', 'redis'])
  })

  it('has the caller in its stack, and then the worker', () => {
    function theCaller(): unknown {
      return store.load('!throw!CacheTimeout')
    }
    const { stack } = thrownBy(theCaller)
    expect(stack).to.match(/^CacheTimeout: CacheTimeout it is\n.*theCaller.*at the worker thread:\n.*far-store\.ts/s)
  })

  it('is of the nearest class that is known here, and says its own name', () => {
    const error = thrownBy(() => store.load('!throw!OwnTimeout'))
    expect(error).to.be.instanceOf(errors.CacheTimeout)
    expect(error).to.include({ name: 'OwnTimeout', message: 'mine', adapter: 'FarCache' })
  })

  it('stays of a built-in class, without what a client hung on it', () => {
    const error = thrownBy(() => store.load('!throw!TypeError'))
    expect(error).to.be.instanceOf(TypeError).with.property('errno', -1)
    expect(error).not.to.have.property('command')

    const several = thrownBy(() => store.load('!throw!AggregateError')) as unknown as AggregateError
    expect(several).to.be.instanceOf(AggregateError)
    expect(several.errors.map((part) => part.constructor)).to.deep.equal([TypeError, errors.CacheTimeout])
  })

  it('may be anything that can be thrown', () => {
    expect(thrownBy(() => store.load('!throw!text'))).to.equal('just text')
    expect(unpack(pack(undefined))).to.equal(undefined)
    expect(unpack(pack({ not: 'an error' }))).to.equal('[object Object]')
    expect(unpack(pack(Object.assign(Object.create(null), new Error('x')))), 'nothing to tell it by').to.be.a('string')
  })

  it('ends a chain of causes that goes round in circles', () => {
    const error = new Error('round')
    error.cause = error
    let depth = 0
    for (let at = unpack(pack(error)); at instanceof Error; at = at.cause) depth++
    expect(depth).to.be.within(2, 10)
  })
})
