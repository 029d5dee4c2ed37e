import { expect } from 'chai'
import express from 'express'
import session from 'express-session'
import request from 'supertest'
import { AsyncMemoryCache, type Cache, MemoryCache } from '../../lib/index.ts'
import { SessionStore } from '../../lib/interop/express-session.ts'

const settle = <T>(ask: (done: (error?: unknown, result?: T) => void) => void) =>
  new Promise<T | undefined>((resolve, reject) => ask((error, result) => (error ? reject(error) : resolve(result))))

const cookie = { maxAge: null, expires: null }

describe('SessionStore', () => {
  for (const cache of [new MemoryCache(), new AsyncMemoryCache()] as Cache[]) {
    it(`keeps sessions of express-session over ${cache.mode} memory`, async () => {
      const store = new SessionStore(cache)
      const app = express()
      app.use(session({ secret: 's', resave: false, saveUninitialized: false, store: store as never }))
      app.get('/visit', (req, res) => {
        const data = req.session as unknown as { visits?: number }
        data.visits = (data.visits ?? 0) + 1
        res.send(String(data.visits))
      })
      app.get('/logout', (req, res) => req.session.destroy(() => res.send('bye')))

      const agent = request.agent(app)
      expect((await agent.get('/visit')).text).to.equal('1')
      expect((await agent.get('/visit')).text).to.equal('2')
      expect(await settle<number>((done) => store.length(done))).to.equal(1)
      await agent.get('/logout')
      expect(await settle<number>((done) => store.length(done))).to.equal(0)
      expect((await agent.get('/visit')).text).to.equal('1')
      await settle((done) => store.clear(done))
    })
  }

  it('does not revive a destroyed session by a late save', async () => {
    const store = new SessionStore(new AsyncMemoryCache())
    await settle((done) => store.set('sid', { cookie }, done))
    await settle((done) => store.destroy('sid', done))
    await settle((done) => store.set('sid', { cookie }, done))
    expect(await settle((done) => store.get('sid', done as never))).to.equal(null)
  })

  it('lets a destroy win over a save that is already writing', async () => {
    const cache = new AsyncMemoryCache()
    const store = new SessionStore(cache)
    const saved = settle((done) => store.set('sid', { cookie }, done))
    const destroyed = settle((done) => store.destroy('sid', done))
    await Promise.all([saved, destroyed])
    expect(await settle((done) => store.get('sid', done as never))).to.equal(null)
  })

  it('extends the TTL by touch without writing data', async () => {
    const cache = new MemoryCache()
    const store = new SessionStore(cache, { timeout: 10 })
    await settle((done) => store.set('sid', { cookie, user: 'new' } as never, done))
    const expires = new Date(Date.now() + 3_600_000)
    await settle((done) => store.touch('sid', { cookie: { expires }, user: 'old' } as never, done))
    expect(cache.get('sess:sid')).to.have.property('user', 'new')
    expect(cache.ttl('sess:sid')).to.be.above(3000)
  })

  it('ignores touch for a session that is gone', async () => {
    const store = new SessionStore(new MemoryCache())
    await settle((done) => store.touch('nobody', { cookie }, done))
  })
})
