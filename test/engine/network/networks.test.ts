// Before version 25 an engine takes networks of one name, so that a name is not enough to remove one.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { limitedNetworkName } from '../../../src/model/names.js'
import { makeDockerSubject, type DockerSubject } from '../support/docker.js'

let subject: DockerSubject

beforeEach(async () => {
  subject = await makeDockerSubject()
})

afterEach(async () => {
  await subject.close()
})

test('a network of the same name that another hand made is left alone', async () => {
  const { engine, docker, scope, workspace } = subject
  const sandbox = { id: 'net-000001', displayName: 'net', workspace, inode: '1:2:3', agent: 'shell', profile: null }
  const name = limitedNetworkName(scope, sandbox.id)
  const named = async () =>
    (await docker.listNetworks({ filters: { name: [name] } })).map(({ Labels }) => Labels?.['dev.sbx.name'])
  const [engineMajor = ''] = (await docker.version()).Version.split('.')
  const takesNamesakes = Number(engineMajor) < 25
  if (takesNamesakes) await engine.perform({ do: 'create-network', access: 'limited', name, sandbox })
  const other = await docker.createNetwork({ Name: name, Internal: true })
  const removal = { do: 'remove-network', id: name } as const
  try {
    expect(await engine.perform(removal)).toEqual({ made: takesNamesakes })
    expect(await named()).toEqual([undefined])
    expect(await engine.perform(removal)).toEqual({ made: false })
  } finally {
    await other.remove()
  }
})
