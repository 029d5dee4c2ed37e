import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { coder, JsonCoder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'
import { expectSame } from './sameness.ts'
import { told } from './samples.ts'

describe('JsonCoder', () => {
  const json = new JsonCoder()
  const turned = (value: unknown) => json.decode(json.encode(value))

  describe('text', () => {
    it('is that of JSON.stringify for plain data', () => {
      const values = [
        'a"b\u2028',
        1.5,
        true,
        null,
        [],
        {},
        [[], {}],
        { b: [1, { a: 'x', '': null }], 2: 1 },
        { $a: 1, b: 2 },
      ]
      for (const value of values) expect(json.encode(value)).to.equal(JSON.stringify(value))
    })

    it('has a tag only where something is not plain', () => {
      const text = json.encode({ at: new Date(0), plain: [{ $a: 1, b: 2 }, { a: 1 }] })
      expect(text).to.equal('{"at":{"$date":"1970-01-01T00:00:00.000Z"},"plain":[{"$a":1,"b":2},{"a":1}]}')
    })

    it('is read from UTF-8 bytes, of a Buffer or any Uint8Array', () => {
      const bytes = Buffer.from(`junk${json.encode({ at: new Date(0), name: 'é🦉' })}`)
      const expected = { at: new Date(0), name: 'é🦉' }
      expectSame(json.decode(bytes.subarray(4)), expected)
      expectSame(json.decode(new Uint8Array(bytes.buffer, bytes.byteOffset + 4, bytes.length - 4)), expected)
    })

    it('keeps strings that contain what begins a tag', () => {
      for (const value of ['{"$date":0}', ['{', '$'], { '{"$': '{"$' }, { a: '{"$date":0}' }])
        expectSame(turned(value), value)
    })
  })

  describe('objects', () => {
    it('leave out properties with symbols for keys, and what is not enumerable', () => {
      const value = Object.defineProperty({ a: new Date(0), [Symbol('s')]: () => 1 }, 'hidden', { value: 1 })
      expectSame(turned(value), { a: new Date(0) })
      expect(json.encode({ [Symbol('s')]: 1 })).to.equal('{}')
    })

    it('are written with what their getters give', () => {
      const value = {
        get date() {
          return new Date(7)
        },
        get plain() {
          return { a: 1 }
        },
      }
      expectSame(turned(value), { date: new Date(7), plain: { a: 1 } })
    })

    it('are told apart when they are equal, and one when they are one', () => {
      const part = { n: [1] }
      const [a, b, c] = turned([part, part, { n: [1] }]) as [object, object, object]
      expect(a).to.equal(b)
      expect(a).not.to.equal(c)
    })

    it('of another realm are what they are here', () => {
      const script = `({
        list: [1, { a: 1 }], date: new Date(5), map: new Map([[1, new Set([2])]]), bytes: new Uint8Array([1]),
        pattern: /a/g, buffer: new ArrayBuffer(2), error: new RangeError('far')
      })`
      const back = turned(runInNewContext(script)) as { error: Error }
      expectSame(
        { ...back, error: told(back.error) },
        {
          list: [1, { a: 1 }],
          date: new Date(5),
          map: new Map([[1, new Set([2])]]),
          bytes: new Uint8Array([1]),
          pattern: /a/g,
          buffer: new ArrayBuffer(2),
          error: told(new RangeError('far')),
        },
      )
    })

    it('are plain whatever others put on Object.prototype', () => {
      Object.defineProperty(Object.prototype, 'extra', { value: 'x', enumerable: true, configurable: true })
      try {
        expect(json.encode({ $date: 1 })).to.equal('{"$$date":1}')
        expect(json.encode({ a: { b: 1 } })).to.equal('{"a":{"b":1}}')
        expect(Object.keys(json.decode('{"$set":[{"a":1}]}') as Set<unknown>)).to.deep.equal([])
      } finally {
        delete (Object.prototype as { extra?: unknown }).extra
      }
    })
  })

  describe('shared objects', () => {
    it('are written once, however often they are used', () => {
      let value: unknown = { leaf: true }
      for (let i = 0; i < 60; i++) value = [value, value]
      const text = json.encode(value)
      expect(text.length).to.be.below(5000)

      let [a, b] = json.decode(text) as [unknown, unknown]
      for (let i = 0; i < 59; i++) {
        expect(a).to.equal(b)
        ;[a, b] = a as [unknown, unknown]
      }
      expect(a).to.deep.equal({ leaf: true })
    })

    it('are one again inside Maps, Sets, errors and arrays with holes', () => {
      const part = new Date(1)
      const error = told(new Error('e', { cause: part }))
      // biome-ignore lint/suspicious/noSparseArray: that is what is tested.
      expectSame(turned([part, new Map([[part, part]]), new Set([part]), error, error, [, part]]), [
        part,
        new Map([[part, part]]),
        new Set([part]),
        error,
        error,
        // biome-ignore lint/suspicious/noSparseArray: that is what is tested.
        [, part],
      ])
    })

    it('may contain themselves through anything that holds values', () => {
      const map = new Map<unknown, unknown>()
      const set = new Set<unknown>([map])
      const bare = Object.assign(Object.create(null), { set })
      const sparse: unknown[] = []
      sparse[3] = bare
      const error = told(new Error('round', { cause: sparse }))
      map.set(map, error)
      for (const value of [map, set, bare, sparse, error]) expectSame(turned(value), value)
    })
  })

  describe('errors', () => {
    it('of a class that is not registered become the nearest built-in class, and keep their name', () => {
      class HttpError extends TypeError {
        readonly status = 404
        override get name(): string {
          return 'HttpError'
        }
      }
      class NotFound extends HttpError {}
      const back = turned(new NotFound('gone')) as NotFound
      expect(Object.getPrototypeOf(back)).to.equal(TypeError.prototype)
      expect(back).to.include({ name: 'HttpError', message: 'gone', status: 404 })
      expect(back.stack).to.match(/^HttpError: gone\n {4}at /)
      expect(Object.keys(back)).to.deep.equal(['status'])
      expectSame(turned(back), back)
    })

    it('keep an own name, own fields and a cause, whatever they hold', () => {
      const error = told(new Error('a', { cause: undefined }))
      Object.assign(error, { name: 'Own', code: 'E', details: { at: new Date(0), $x: 1 } })
      Object.defineProperty(error, '__proto__', {
        value: { a: 1 },
        enumerable: true,
        writable: true,
        configurable: true,
      })
      expectSame(turned(error), error)
    })

    it('of the DOM keep name and message', () => {
      const back = turned(new DOMException('too late', 'AbortError')) as Error
      expect(back).to.be.an.instanceof(Error)
      expect(back).to.include({ name: 'AbortError', message: 'too late' })
    })

    it('leave out a stack that is no text', () => {
      const error = Object.defineProperty(new Error('a'), 'stack', { value: [{ file: 'x' }] })
      expect(Object.hasOwn(turned(error) as Error, 'stack')).to.equal(false)
    })
  })

  describe('bytes', () => {
    it('are those of the view, and never of the buffer behind it', () => {
      const pool = Buffer.from('the secret of a neighbour')
      for (const view of [
        pool.subarray(4, 6),
        new Uint8Array(pool.buffer, pool.byteOffset + 4, 2),
        new DataView(pool.buffer, pool.byteOffset + 4, 2),
      ]) {
        const text = json.encode(view)
        expect(text).to.include(Buffer.from('se').toString('base64'))
        expect(text.length).to.be.below(40)
      }
    })

    it('come back in a buffer of their own, at its beginning', () => {
      const back = turned(new Uint16Array(new ArrayBuffer(64), 8, 2)) as Uint16Array
      expect([back.byteOffset, back.buffer.byteLength]).to.deep.equal([0, 4])
    })
  })

  it('is what all caches use by default, as one instance', () => {
    expect(coder).to.be.an.instanceof(JsonCoder)
    expect(coder.name).to.equal('json')
  })

  it('tells what a getter threw as the cause', () => {
    const cause = new Error('no')
    const value = {
      get a(): unknown {
        throw cause
      },
    }
    expect(() => json.encode(value))
      .to.throw(CoderError, 'no')
      .with.property('cause', cause)
  })
})
