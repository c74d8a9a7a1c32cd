import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { agentHome, homeVolumeName, labels } from '../../src/model/names.js'
import { FakeEngine } from '../support/fake-engine.js'
import { describeHomeContract } from './home-contract.js'
import { makeDockerSubject } from './support/docker.js'
import { makeFakeSubject } from './support/fake.js'
import { tinyImage } from './support/tiny-image.js'

describeHomeContract('the fake', async () => {
  const subject = await makeFakeSubject()
  const { engine } = subject
  if (!(engine instanceof FakeEngine)) throw new Error('not the fake')
  let images = 0
  return {
    ...subject,
    async imageWith(home) {
      images += 1
      const id = `sha256:home-${String(images)}`
      engine.world.images.set(id, id)
      engine.world.imageHomes.set(id, home)
      return id
    },
    async change(_, files) {
      for (const [path, text] of Object.entries(files)) {
        const place = `${homeVolumeName('', 'home-000001')}/${path}`
        if (text === null) engine.world.volumeFiles.delete(place)
        else engine.world.volumeFiles.set(place, { text, modifiedAt: 0 })
      }
    },
  }
})

describeHomeContract('docker', async () => {
  const subject = await makeDockerSubject()
  const { docker, engine, scope } = subject
  const image = await tinyImage(subject)
  return {
    ...subject,
    image,
    async imageWith(home) {
      const labelled = { Labels: { [labels.scope]: scope } }
      const container = await docker.createContainer({ Image: image, Cmd: ['-'], ...labelled })
      const archive = pack()
      archive.entry({ name: `${agentHome.slice(1)}/`, type: 'directory', mode: 0o755 })
      for (const [path, text] of Object.entries(home)) archive.entry({ name: `${agentHome.slice(1)}/${path}` }, text)
      archive.finalize()
      await container.putArchive(Readable.from(archive), { path: '/' })
      const committed: unknown = await container.commit()
      await container.remove()
      return (committed as { readonly Id: string }).Id
    },
    async change(containerId, files) {
      const lines = Object.entries(files).map(([path, text]) =>
        text === null ? `rm ${path}` : `printf %s ${text} >${path}`,
      )
      const argv = ['/bin/sh', '-ec', [`cd ${agentHome}`, ...lines].join('\n')]
      const { exitCode, stderr } = await engine.run(containerId, { argv, user: 'agent', doing: 'test' })
      if (exitCode !== 0) throw new Error(stderr)
    },
  }
})
