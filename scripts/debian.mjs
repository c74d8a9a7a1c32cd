// Debian's packages, installed as root and only where they are missing.

import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Refusal, runQuietly, step } from './progress.mjs'

export function isRoot() {
  return process.getuid?.() === 0
}

/** Debian or one of its children, such as Ubuntu. */
export function isDebian() {
  if (process.platform !== 'linux' || !existsSync('/etc/os-release')) return false
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
}

/** @param {string} command or the absolute path of a file */
function isThere(command) {
  if (command.startsWith('/')) return existsSync(command)
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => folder !== '' && existsSync(join(folder, command)))
}

/**
 * @param {Readonly<Record<string, string>>} packages Debian package by the command or file that it brings
 * @param {string} why what they are for, to be said where they cannot be installed
 */
export async function ensurePackages(packages, why) {
  const missing = Object.entries(packages).filter(([command]) => !isThere(command))
  if (missing.length === 0) return
  const names = missing.map(([, name]) => name)
  const command = `apt-get install ${names.join(' ')}`
  if (!isDebian()) throw new Refusal(`${why}: ${missing.map(([name]) => name).join(', ')} must be installed first.`)
  if (!isRoot()) throw new Refusal(`${why}. As root:\n\n    ${command}`)
  await step(`installing Debian packages, as you are root: ${names.join(', ')} (${why})`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    // Another apt may be at work, ours included: wait for it.
    const wait = ['-o', 'DPkg::Lock::Timeout=300']
    await runQuietly('apt-get', [...wait, 'update'], { env })
    await runQuietly('apt-get', [...wait, 'install', '--yes', '--no-install-recommends', ...names], { env })
  })
}
