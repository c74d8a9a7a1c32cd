// The image that the templates build on: what the engine has, what it can pull, or one made from Debian's packages.

import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages, isDebian, isRoot } from './debian.mjs'
import { callEngine, streamedError } from './engine-api.mjs'
import { holding } from './lock.mjs'
import { Refusal, runQuietly, step } from './progress.mjs'

const repository = 'debian'
const suite = 'bookworm'
const tag = `${suite}-slim`
export const baseImage = `${repository}:${tag}`

/** mmdebstrap needs a fifth of debootstrap's time; the keys are missing on Ubuntu. */
const makers = {
  mmdebstrap: 'mmdebstrap',
  '/usr/share/keyrings/debian-archive-keyring.gpg': 'debian-archive-keyring',
}

const pullSilence = 20_000 // milliseconds without progress

/** @param {string} host an engine that answers, as DOCKER_HOST names it */
export async function ensureBaseImage(host) {
  await holding('base-image', async () => {
    if (await hasBaseImage(host)) return
    const refusal = await step(`pulling ${baseImage}`, () => pull(host))
    if (refusal === null) return
    console.log(`   it cannot be pulled: ${refusal}`)
    if (!isDebian() || !isRoot()) {
      throw new Refusal(
        `${baseImage} is not on the engine and cannot be pulled (${refusal}).\n` +
          'As root on Debian or Ubuntu it is made from Debian packages; elsewhere load it with `docker load`.',
      )
    }
    await ensurePackages(makers, `to make ${baseImage}`)
    await step(`making ${baseImage} from Debian's packages`, () => make(host))
  })
}

async function hasBaseImage(host) {
  return (await callEngine(host, 'GET', `/images/${baseImage}/json`)).status === 200
}

/** @returns {Promise<string | null>} why it cannot be had */
async function pull(host) {
  try {
    const path = `/images/create?fromImage=${repository}&tag=${tag}`
    return streamedError(await callEngine(host, 'POST', path, { silence: pullSilence }))
  } catch (error) {
    return error.message
  }
}

async function make(host) {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-yaml-base-'))
  try {
    const archive = join(folder, 'base.tar')
    await runQuietly('mmdebstrap', [...slim, '--variant=minbase', suite, archive])
    const changes = new URLSearchParams({ fromSrc: '-', repo: repository, tag, changes: 'CMD ["bash"]' })
    const answer = await callEngine(host, 'POST', `/images/create?${changes}`, {
      body: createReadStream(archive),
      silence: 120_000,
    })
    const error = streamedError(answer)
    if (error !== null) throw new Refusal(`The engine did not import ${baseImage}: ${error}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** As the published image is: without manuals and translations, also in what is installed later. */
const slim = [
  ...['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/info/*'].map(
    (path) => `--dpkgopt=path-exclude=${path}`,
  ),
  '--dpkgopt=path-include=/usr/share/doc/*/copyright',
  '--aptopt=Acquire::Languages "none"',
]
