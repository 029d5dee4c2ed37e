import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { coder, Registry, V8Coder } from '../../lib/coder/index.ts'

type Coders = typeof import('../../lib/coder/index.ts')

describe('Two copies of the package in one process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'polycache-copy-'))
  let copy: Coders

  before(async () => {
    cpSync(fileURLToPath(new URL('../../lib', import.meta.url)), join(folder, 'lib'), { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    copy = (await import(pathToFileURL(join(folder, 'lib/coder/index.ts')).href)) as Coders
  })
  after(() => rmSync(folder, { recursive: true }))

  class Parcel {
    readonly weight = 5
  }
  const codec = { name: 'parcel', encode: (parcel: Parcel) => parcel.weight, decode: () => new Parcel() }

  it('share what is registered with the coder of all caches', () => {
    expect(copy.coder).not.to.equal(coder)
    coder.register(Parcel, codec)
    expect(copy.coder.decode(copy.coder.encode([new Parcel()]))).to.deep.equal([new Parcel()])
    expect(new V8Coder().decode(new copy.V8Coder().encode(new Parcel()))).to.be.instanceOf(Parcel)
    copy.coder.unregister(Parcel)
    expect(() => coder.encode(new Parcel())).to.throw('not registered')
  })

  it('keep registries to themselves that were made for one coder', () => {
    const own = new copy.JsonCoder({ registry: new copy.Registry(copy.coder.registry) }).register(Parcel, codec)
    expect(own.decode(own.encode(new Parcel()))).to.be.instanceOf(Parcel)
    for (const other of [coder, copy.coder, new copy.JsonCoder({ registry: new copy.Registry() })])
      expect(() => other.encode(new Parcel())).to.throw('not registered')
    expect(new Registry().encodingOf(new Parcel())).to.equal(undefined)
  })
})
