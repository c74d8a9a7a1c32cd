// What the checkout needs before anything in it runs: its packages, and dist/.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { holding } from './lock.mjs'
import { Refusal, runQuietly, step } from './progress.mjs'

const oldestNode = [20, 12]

/** @param {string} root of the checkout */
export async function ensureInstalled(root) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    throw new Refusal(`This is Node ${process.versions.node}; sbx needs ${oldestNode.join('.')} or newer.`)
  }
  await holding(`install:${root}`, async () => {
    if (isInstalled(root)) return
    // No package needs its install script; two would compile faster parts that are not bundled.
    const args = ['ci', '--include=dev', '--ignore-scripts']
    await step('installing npm packages', () => runQuietly('npm', args, { cwd: root }))
  })
}

/** Whether npm's own record of node_modules has every package of the lock file, in that version. */
function isInstalled(root) {
  const record = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(
    // Optional ones are for other machines, mostly.
    ([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version,
  )
}

/** @param {string} root of the checkout */
export async function buildAll(root) {
  await holding(`install:${root}`, () =>
    step('building dist/', async () => {
      await runQuietly(process.execPath, ['scripts/generate.mjs'], { cwd: root })
      await runQuietly(process.execPath, ['scripts/build.mjs'], { cwd: root })
    }),
  )
}
