import { expect } from 'chai'
import { type ServerOptions, serversOf, spread } from '../../../adapters/memcached/servers.ts'
import { ConfigError } from '../../../lib/core/errors.ts'

const names = (servers?: string | string[]) => serversOf({ servers }).map(({ name }) => name)
const only = (options: ServerOptions) => serversOf(options)[0]!

describe('The addresses of memcached servers', () => {
  it('are a host and a port each, in an array or with commas', () => {
    expect(names('a:1')).to.deep.equal(['a:1'])
    expect(names('a:1, b:2,c')).to.deep.equal(['a:1', 'b:2', 'c:11211'])
    expect(names(['a:1,b:2', 'c:3'])).to.deep.equal(['a:1', 'b:2', 'c:3'])
    expect(only({ servers: '[::1]:5' })).to.deep.include({ name: '[::1]:5', at: { host: '::1', port: 5 } })
  })

  it('default to the server of this machine', () => {
    for (const nothing of [undefined, '', ' , ', []]) expect(names(nothing)).to.deep.equal(['127.0.0.1:11211'])
  })

  it('count once, however they are spelled', () => {
    expect(names('a, b:1, a:11211')).to.deep.equal(['a:11211', 'b:1'])
    expect(serversOf({ servers: 'localhost,127.0.0.1:11211,LOCALHOST:11211' })).to.have.lengthOf(1)
    expect(only({ servers: '[0:0:0:0:0:0:0:1]' }).id).to.equal(only({ url: 'memcached://[::1]:11211/' }).id)
  })

  it('may be given as a URL, with several hosts and a login', () => {
    expect(only({ url: ' memcached://a ' }).at).to.deep.equal({ host: 'a', port: 11211 })
    expect(names('memcached://a:1,b:2')).to.deep.equal(['a:1', 'b:2'])
    const [first, second] = serversOf({ url: 'memcached://user:p%40ss@a:1,b:2' })
    for (const { login, tls } of [first!, second!]) {
      expect(login).to.deep.equal({ username: 'user', password: 'p@ss' })
      expect(tls).to.equal(undefined)
    }
    expect(only({ url: 'memcacheds://a' }).tls).to.deep.equal({})
    expect(only({ url: 'memcached://user@a', password: 'secret' }).login).to.deep.equal({
      username: 'user',
      password: 'secret',
    })
  })

  it('are hosts, also if they are called like a scheme', () => {
    expect(names('memcached:11211')).to.deep.equal(['memcached:11211'])
    expect(names('unix')).to.deep.equal(['unix:11211'])
  })

  it('may be paths of Unix sockets', () => {
    const at = { path: '/run/memcached.sock' }
    for (const servers of ['/run/memcached.sock', 'unix:///run/memcached.sock', 'unix:/run/memcached.sock'])
      expect(only({ servers }).at, servers).to.deep.equal(at)
    expect(only({ url: 'memcached:///run/memcached.sock' }).at).to.deep.equal(at)
  })

  it('are refused by name if they cannot be, without the password', () => {
    for (const text of ['a:0', 'a:70000', 'a:b', 'a b', 'http://a:1', '::1']) {
      expect(() => serversOf({ servers: text }), text).to.throw(ConfigError, JSON.stringify(text))
    }
    for (const url of ['memcachd://u:secret@h', 'memcached://u:secret@h:x', 'memcached://u:se/cret@h', 'm://u:%zz@h']) {
      expect(() => serversOf({ url }), url)
        .to.throw(ConfigError)
        .with.property('message')
        .that.does.not.match(/se\/?cret|zz/)
    }
    expect(() => serversOf({ servers: 5 as never })).to.throw(ConfigError, 'number')
    expect(() => serversOf({ servers: 'a', url: 'memcached://b' })).to.throw(ConfigError, '`url`')
    expect(() => serversOf({ servers: 'a', username: 'a b' })).to.throw(ConfigError, 'white space')
  })
})

describe('The keys of several memcached servers', () => {
  const keys = Array.from({ length: 30_000 }, (_, i) => `cache:user:${i}`)
  const placed = (servers: string[]) => {
    const choose = spread(servers)
    return keys.map((key) => servers[choose(key)]!)
  }

  it('are spread evenly', () => {
    const places = placed(['a:1', 'b:1', 'c:1'])
    for (const server of ['a:1', 'b:1', 'c:1']) {
      expect(places.filter((place) => place === server)).to.have.lengthOf.within(9500, 10_500)
    }
  })

  it('do not depend on the order of the servers', () => {
    expect(placed(['a:1', 'b:1', 'c:1'])).to.deep.equal(placed(['c:1', 'a:1', 'b:1']))
  })

  it('move only to a server that is added', () => {
    const before = placed(['a:1', 'b:1', 'c:1'])
    const after = placed(['a:1', 'b:1', 'c:1', 'd:1'])
    const moved = after.filter((place, i) => place !== before[i])
    expect(new Set(moved)).to.deep.equal(new Set(['d:1']))
    expect(moved).to.have.lengthOf.within(7000, 8000)
  })
})
