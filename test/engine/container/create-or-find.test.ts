import { afterEach, expect, test, vi } from 'vitest'
import { createOrFind } from '../../../src/engine/container/create-or-find.js'
import { Refusal, type ScriptedEngine, scriptedEngine } from '../support/scripted-engine.js'

let engine: ScriptedEngine
afterEach(() => {
  vi.restoreAllMocks()
  return engine.close()
})

const inUse = new Refusal(409, 'Conflict. The container name "/web" is already in use by container "1".')
const notThere = new Refusal(404, 'No such container: web')

/** Each is asked in turn to make one and to look at what has the name. */
async function tried(creates: readonly unknown[], looks: readonly unknown[]): Promise<unknown> {
  const left = { 'POST /containers/create': [...creates], 'GET /containers/web/json': [...looks] }
  engine = await scriptedEngine((asked) => left[asked as keyof typeof left].shift())
  return createOrFind(engine.client, 'web', {}, 'make it')
}

const other = {
  ...{ Id: 'other', Name: '/web', Config: {}, HostConfig: {}, NetworkSettings: {} },
  State: { Status: 'created', Running: false, ExitCode: 0, StartedAt: '', FinishedAt: '' },
}

test('one whose maker is still at it is found once it is there', async () => {
  expect(await tried([inUse, inUse], [notThere, other])).toEqual({ found: other })
})

test('one whose maker has taken it away again leaves the name free', async () => {
  expect(await tried([inUse, { Id: 'own', Warnings: [] }], [notThere])).toEqual({ id: 'own' })
})

test('one of another name that begins with this one is none', async () => {
  expect(await tried([inUse, { Id: 'own', Warnings: [] }], [{ ...other, Name: '/website' }])).toEqual({ id: 'own' })
})

test('one that the engine holds for nobody is told once another call could have come to its end', async () => {
  const began = Date.now()
  vi.spyOn(Date, 'now')
    .mockReturnValueOnce(began)
    .mockReturnValue(began + 30_001)
  await expect(tried([inUse], [notThere])).rejects.toMatchObject({
    diagnostics: [{ code: 'engine/name-held', detail: expect.stringContaining('web is in use') }],
  })
})
