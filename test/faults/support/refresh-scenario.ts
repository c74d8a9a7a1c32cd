// A home that is refreshed: of two images that have different files there, each takes the place of the other.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { extract, pack } from 'tar-stream'
import type { Project } from '../../e2e/support/project.js'
import { apply, first, turn, write, type Scenario } from './scenarios.js'
import type { Stage } from './stage.js'

/** In the home, as long as its image. */
const long = 100_000

export const refreshScenario: Scenario = {
  name: 'recreate with a refreshed home',
  args: [...apply, '--refresh-home'],
  hasHome: true,
  async prepare(stage, round) {
    const [one, other] = await imagesWithHomes(stage)
    await first(stage, { image: other })
    // What images have is known from then on, so that there would be fewer calls.
    await rm(join(stage.project.home, '.cache/sbx/image-homes'), { recursive: true, force: true })
    await write(stage, { image: turn(round) === 0 ? one : other })
  },
  async check({ project }) {
    const container = await project.container()
    const wanted = container.Config.Image.endsWith('-home:1') ? '1' : '2'
    const found = await fileIn(project, container.Id)
    return found === wanted.repeat(long) ? [] : [`the home has ${found.slice(0, 10)} of ${found.length} bytes`]
  },
  end: 'runs',
}

async function imagesWithHomes({ project, images: [image] }: Stage): Promise<readonly [string, string]> {
  const repo = image.replace(/:1$/, '-home')
  const references = [`${repo}:1`, `${repo}:2`] as const
  for (const [index, reference] of references.entries()) {
    const found = await project.docker.listImages({ filters: { reference: [reference] } })
    if (found.length > 0) continue
    const archive = pack()
    archive.entry({ name: 'home/agent/.tool', mode: 0o600, uid: 1000, gid: 1000 }, String(index + 1).repeat(long))
    archive.finalize()
    const container = await project.docker.createContainer({ Image: image, Entrypoint: ['-'] })
    await container.putArchive(archive as never, { path: '/' })
    await container.commit({ repo, tag: String(index + 1) })
    await container.remove()
  }
  return references
}

async function fileIn({ docker }: Project, id: string): Promise<string> {
  const archive = await docker.getContainer(id).getArchive({ path: '/home/agent/.tool' })
  let found = ''
  for await (const entry of archive.pipe(extract())) found = await text(entry)
  return found
}
